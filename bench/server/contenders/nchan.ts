import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect as openSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../../../packages/server/test/brokers/free-port.ts'
import type { ContenderServer, ServingOptions } from './contender.ts'
import { NCHAN_MODULE, NGINX } from './installed.ts'

/** Looks every 20 ms: for a minute. */
const MOST_ATTEMPTS = 3_000

/**
 * nginx with nchan: one worker, as one Node process is one thread. Events are published by POST, all on one connection
 * that is kept alive, each without waiting for the answer to the one before (HTTP/1.1 pipelining): waiting would be idle
 * time of nchan. It makes an event of each message, so a burst is as many requests.
 *
 * This process only publishes; `pid` is nginx's worker.
 */
export async function serve(options: ServingOptions): Promise<ContenderServer> {
  // nginx cannot listen on port 0 and tell which one it got.
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'bench-nchan-'))
  writeFileSync(join(directory, 'nginx.conf'), configuration(directory, port, options))
  const nginx = spawn(NGINX, ['-p', directory, '-c', join(directory, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  // Also when this process fails: nginx would go on.
  process.on('exit', () => nginx.kill())
  const publisher = await connectWhenUp(port)
  const posts: string[] = []
  const writePosts = (): void => {
    publisher.write(posts.join(''))
    posts.length = 0
  }
  const checkAnswers = (answers: Buffer): void => {
    const refusal = /HTTP\/1\.1 [^2].*/.exec(answers.toString('latin1'))
    if (refusal !== null) throw new Error(`nchan refused an event: ${refusal[0]}`)
  }
  publisher.on('data', checkAnswers)
  for (const { data } of options.greeting) posts.push(post(data))
  writePosts()
  return {
    port,
    pid: await findWorker(nginx.pid),
    publish: ({ data }) => void posts.push(post(data)),
    endTurn: writePosts,
    async countClients() {
      const answer = await fetch(`http://127.0.0.1:${port}/publish`, {
        headers: { accept: 'application/json' },
      })
      if (answer.status === 404) return 0
      return ((await answer.json()) as { subscribers: number }).subscribers
    },
    async close() {
      publisher.destroy()
      nginx.kill('SIGTERM')
      if (nginx.exitCode === null) await once(nginx, 'exit')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function configuration(
  directory: string,
  port: number,
  { pingIntervalMs, greeting }: ServingOptions,
): string {
  // As root it would make its worker another user, who may not read the directory.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${directory}/${name};`)
    .join('\n  ')
  return `load_module ${NCHAN_MODULE};
${user}
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  ${temporary}
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  nchan_max_reserved_memory 512M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish {
      nchan_publisher;
      nchan_channel_id bench;
      nchan_message_buffer_length 10000;
      nchan_message_timeout 1h;
    }
    location = / {
      nchan_subscriber eventsource;
      nchan_channel_id bench;
      nchan_eventsource_ping_interval ${Math.ceil(pingIntervalMs / 1e3)};
      nchan_subscriber_first_message ${greeting.length === 0 ? 'newest' : 'oldest'};
    }
  }
}
`
}

function post(data: string): string {
  return `POST /publish HTTP/1.1\r\nhost: bench\r\ncontent-length: ${data.length}\r\n\r\n${data}`
}

async function connectWhenUp(port: number): Promise<Socket> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const socket = openSocket({ port, host: '127.0.0.1', noDelay: true })
    try {
      await once(socket, 'connect')
      return socket
    } catch {
      await sleep(20)
    }
  }
  throw new Error('nginx does not listen.')
}

/** The master listens before it has made its worker. */
async function findWorker(master: number | undefined): Promise<number> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const [worker = ''] = readFileSync(`/proc/${master}/task/${master}/children`, 'latin1').split(' ')
    if (worker !== '') return Number(worker)
    await sleep(20)
  }
  throw new Error('nginx has no worker.')
}
