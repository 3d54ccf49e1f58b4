/** The mock server: API, events, and web/dist as static files. `node mock/serve.mjs [--port 5080] [--interval 3000]`; `/mock/*` is for tests. */
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MockApi } from './api.mjs'
import { Refusal } from './book.mjs'

const dist = fileURLToPath(new URL('../dist', import.meta.url))
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
// What the dashboard needs and no more: a look at the browser test shows that nothing else is asked for.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

export function serve({ port = 0, intervalMs = 3000, accounts = 137, key = '', hasChain = true } = {}) {
  const api = new MockApi({ intervalMs, accounts, hasChain })
  const streams = new Set()
  let isCut = false

  const send = (stream, event, document, id) => stream.write(`event: ${event}\n${id ? `id: ${id}\n` : ''}data: ${JSON.stringify(document)}\n\n`)
  const state = () => { const { state, since, reasons } = api.health(); return { state, since, reasons } }
  const sendAll = () => {
    for (const stream of streams) {
      if (api.state !== 'HALT') send(stream, 'overview', api.overview(), api.epoch.number)
    }
  }
  const epochs = setInterval(() => {
    if (api.state !== 'HALT') { api.tick(); sendAll() }
    if (api.chain?.tick(Date.now())) for (const stream of streams) send(stream, 'batch', api.chain.newest)
  }, intervalMs)
  const beats = setInterval(() => { for (const stream of streams) stream.write(': beat\n\n') }, 2_000)

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://mock')
    const json = (status, document, type = 'application/json') => response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(JSON.stringify(document))
    try {
      const needsKey = url.pathname.startsWith('/api/v1/') && url.pathname !== '/api/v1/health'
      if (key !== '' && needsKey && request.headers.authorization !== `Bearer ${key}`) throw new Refusal('key', 'Reading needs a key with scope read.', 401)
      if (url.pathname === '/api/v1/events') {
        if (isCut) return request.socket.destroy()
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        streams.add(response)
        request.on('close', () => streams.delete(response))
        send(response, 'health', state())
        if (api.state !== 'HALT') send(response, 'overview', api.overview(), api.epoch.number)
      } else if (url.pathname.startsWith('/api/v1')) {
        const body = request.method === 'POST' ? JSON.parse(await text(request)) : undefined
        json(200, api.answer(url.pathname.slice('/api/v1'.length), url.searchParams, body))
      } else if (url.pathname === '/mock/cut') {
        isCut = true
        for (const stream of streams) stream.destroy()
        json(200, {})
      } else if (url.pathname === '/mock/restore') {
        isCut = false
        json(200, {})
      } else if (url.pathname === '/mock/state') {
        api.setState(url.searchParams.get('is'))
        for (const stream of streams) send(stream, 'health', state())
        sendAll()
        json(200, {})
      } else file(url.pathname, response)
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error)
      const { code = 'mock', message, status = 500 } = error
      json(status, { type: `https://pms/problems/${code}`, title: 'Refused', status, detail: message, code }, 'application/problem+json')
    }
  })

  return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve({
    api, url: `http://127.0.0.1:${server.address().port}`,
    close: () => { clearInterval(epochs); clearInterval(beats); server.closeAllConnections(); server.close() },
  })))
}

async function text(request) {
  let all = ''
  for await (const chunk of request) all += chunk
  return all
}

/** A file of dist, or the page for every other path. */
function file(path, response) {
  const asked = join(dist, normalize(decodeURIComponent(path)))
  const found = asked.startsWith(dist) && existsSync(asked) && statSync(asked).isFile() ? asked : join(dist, 'index.html')
  if (!existsSync(found)) return response.writeHead(404).end('Not built: npm run build')
  response.writeHead(200, { 'content-type': types[extname(found)] ?? 'application/octet-stream', 'content-security-policy': policy })
  createReadStream(found).pipe(response)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flag = (name, otherwise) => { const at = process.argv.indexOf(`--${name}`); return at > 0 ? Number(process.argv[at + 1]) : otherwise }
  const { url } = await serve({ port: flag('port', 5080), intervalMs: flag('interval', 3000) })
  console.log(`mock: ${url}`)
}
