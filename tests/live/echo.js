// SPDX-License-Identifier: GPL-2.0-only
// echo.js PORT LOG [deflate]: an echo server of node's ws, with the commands of echo.py.
'use strict';
const fs = require('fs');
const WebSocket = require('ws');
const Sender = require('/usr/share/nodejs/ws/lib/sender.js');

const log = fs.openSync(process.argv[3], 'a');
const sendFrame = Sender.prototype.sendFrame;

// list: the header, with the payload behind it or as a second buffer
Sender.prototype.sendFrame = function (list, cb) {
	const all = Buffer.concat(list.map((part) => Buffer.from(part))), n = { 126: 4, 127: 10 }[all[1] & 127] || 2;
	fs.writeSync(log, JSON.stringify({ hdr: all.subarray(0, n).toString('hex'),
					   len: all.length - n }) + '\n');
	return sendFrame.call(this, list, cb);
};

const server = new WebSocket.Server({
	port: Number(process.argv[2]),
	perMessageDeflate: process.argv.includes('deflate') && { threshold: 0 },
});

server.on('connection', (ws) => {
	ws.on('message', (data, binary) => {
		const text = binary ? '' : data.toString();
		if (text.startsWith('close ')) {
			const [, code, ...reason] = text.split(' ');
			return ws.close(Number(code), reason.join(' '));
		}
		if (text === 'ping')
			ws.ping('are you there');
		ws.send(data, { binary });
	});
	ws.on('error', () => {});
});
process.on('SIGTERM', () => process.exit(0));
