// SPDX-License-Identifier: GPL-2.0-only
// hour.js URL SUBPROTOCOL MAX BINARY: an hour of hour.py, of node's ws; a browser runs it, too, as
// hour.js?SUBPROTOCOL&MAX&BINARY of a page, and goes to /done while the last connection is open.
'use strict';
const browser = typeof window !== 'undefined';
const args = browser ? [location.href.replace(/^http/, 'ws'),
			...document.currentScript.src.split('?')[1].split('&')] : process.argv.slice(2);
const [url, protocol, max, binary] = [args[0], args[1], Number(args[2]), args[3] === 'yes'];
const Socket = browser ? WebSocket : require('ws');
const CODES = [1000, 3001, 1000, 1000];

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function opened() {
	return new Promise((resolve, reject) => {
		const ws = new Socket(url, protocol ? ['chat', protocol] : []);
		ws.binaryType = 'arraybuffer';
		ws.onopen = () => resolve(ws);
		ws.onerror = () => reject(new Error('not opened'));
	});
}

// Sends all, then waits for as many answers
function echoed(ws, messages) {
	return new Promise((resolve, reject) => {
		let left = messages.length;
		ws.onmessage = () => { if (!--left) resolve(); };
		ws.onclose = () => reject(new Error('closed'));
		messages.forEach((m) => ws.send(m));
	});
}

function closed(ws, code) {
	return new Promise((resolve) => {
		ws.onclose = resolve;
		ws.close(code, 'done');
	});
}

async function session(last) {
	const ws = await opened();
	for (let i = 0; i < 150; i++) {
		await echoed(ws, ['x'.repeat(10 + i * 7 % Math.min(max, 400))]);
		if (!browser && protocol !== 'no ping' && i % 5 === 0)
			ws.ping('beat');
		if (i % 50 === 0)
			await pause(100);
	}
	await echoed(ws, Array(25).fill('burst '.repeat(5)));
	await echoed(ws, [binary ? new Uint8Array(max) : 'y'.repeat(max)]);
	await pause(1100);
	if (browser && last)
		return location.assign('/done');
	await closed(ws, CODES.pop());
}

(async () => {
	for (let i = 4; i--;)
		await session(!i);
})().catch((e) => {
	if (browser)
		return location.assign('/failed');
	console.error(e.message);
	process.exit(1);
});
