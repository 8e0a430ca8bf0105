// SPDX-License-Identifier: GPL-2.0-only
// deflate.js PORT JSON: a client of node's ws that sends compressed messages to an echo server.
// JSON: its perMessageDeflate. Prints the SHA-256 of each message that it sent.
'use strict';
const crypto = require('crypto');
const WebSocket = require('ws');

const ws = new WebSocket(`ws://127.0.0.1:${process.argv[2]}`, {
	perMessageDeflate: { threshold: 0, ...JSON.parse(process.argv[3]) },
});
const words = ['grüße ', '0123456789', '你好 ', '{"key":"value"}'];
let sent = 0, want;

function message() {
	const n = Math.floor(Math.random() * (sent % 20 ? 3000 : 300000));
	const text = Array.from({ length: n / 8 }, () => words[Math.floor(Math.random() * 4)]).join('');

	return sent % 2 ? Buffer.from(text) : Buffer.concat([crypto.randomBytes(n / 2), Buffer.from(text)]);
}

function next() {
	if (sent++ === 100)
		return ws.close(1000);
	want = message();
	const binary = sent % 2 === 0, cut = sent % 3 ? 0 : want.length >> 1;
	if (cut)
		ws.send(want.subarray(0, cut), { binary, compress: true, fin: false });
	ws.send(want.subarray(cut), { binary, compress: true, fin: true });
	console.log(crypto.createHash('sha256').update(want).digest('hex'));
}

ws.on('open', next);
ws.on('message', (data) => {
	if (!data.equals(want))
		process.exit(1);
	next();
});
