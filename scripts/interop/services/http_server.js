// Serves a table of routes on a free port of the loopback interface, and says what it answered.
'use strict';

const http = require('node:http');

// No request of the peers comes near this.
const LARGEST_BODY = 8 * 1024 * 1024;

// A route: {method, path: string or RegExp, answer(request)}; `request` has {body, path, query, headers}, and the
// answer is {status, type, body, headers}. The table may be filled after the port is known.
async function listen(name, routes) {
  const server = http.createServer(async (incoming, outgoing) => {
    const url = new URL(incoming.url, 'http://127.0.0.1');
    // Clients that join a base address with a trailing slash and a path ask for `//path`.
    const path = url.pathname.replace(/^\/{2,}/, '/');
    let answer;
    try {
      const body = await bodyOf(incoming);
      const route = routes.find((one) => one.method === incoming.method && matches(one.path, path));
      answer = route
        ? await route.answer({ body, path, query: url.searchParams, headers: incoming.headers })
        : text(404, 'not found');
    } catch (error) {
      answer = text(error.status ?? 500, error.status ? error.message : error.stack);
    }
    outgoing.writeHead(answer.status, { 'Content-Type': answer.type, ...answer.headers });
    outgoing.end(answer.body);
    const failure = answer.status >= 400 ? ` ${String(answer.body).slice(0, 2000)}` : '';
    console.log(`${name} ${incoming.method} ${incoming.url} ${answer.status}${failure}`);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${server.address().port}`;
}

function matches(wanted, path) {
  return wanted instanceof RegExp ? wanted.test(path) : wanted === path;
}

async function bodyOf(incoming) {
  const parts = [];
  let length = 0;
  for await (const part of incoming) {
    length += part.length;
    if (length > LARGEST_BODY) throw refusal(413, 'the request is too large');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

// An error that the client caused: it becomes the answer.
function refusal(status, message) {
  return Object.assign(new Error(message), { status });
}

function json(status, value, headers = {}) {
  return { status, type: 'application/json', body: JSON.stringify(value), headers };
}

function text(status, body) {
  return { status, type: 'text/plain', body, headers: {} };
}

module.exports = { listen, json, text, refusal };
