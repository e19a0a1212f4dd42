// 13 · Tokens of a language model: POST, an answer that comes word by word, `[DONE]`, and a stop that really stops.
//
// The endpoint speaks the dialect of OpenAI's chat completions, so their clients work with it. The model here is a stand-in
// that takes its words from the question; put yours in its place, and hand it the signal.
import { setTimeout as sleep } from 'node:timers/promises'
import { EventSourceResponse } from '@sse/server'
import express from 'express'
import { z } from 'zod'
import { start } from '../start.ts'

const requestSchema = z.object({
  model: z.string(),
  stream: z.literal(true),
  messages: z
    .array(z.object({ role: z.string(), content: z.string().max(10_000) }))
    .min(1)
    .max(100),
})

const TOKEN_MS = Number(process.env['TOKEN_MS'] ?? 80)
/** What the model has cost so far: a stream that is stopped costs no token more. */
const usage = { answers: 0, tokens: 0, stopped: 0 }

const app = express()

app.post('/v1/chat/completions', express.json({ limit: '1mb' }), (req, res) => {
  const asked = requestSchema.safeParse(req.body)
  if (!asked.success) {
    res.status(400).json({ error: { message: z.prettifyError(asked.error), type: 'invalid_request_error' } })
    return
  }
  const { model, messages } = asked.data
  const id = `chatcmpl-${++usage.answers}`
  const chunk = (delta: object, finish_reason: string | null = null): object => ({
    id,
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model,
    choices: [{ index: 0, delta, finish_reason }],
  })

  void new EventSourceResponse(
    async function* ({ signal }) {
      yield { data: chunk({ role: 'assistant', content: '' }) }
      for await (const token of generate(messages.at(-1)?.content ?? '', signal)) {
        usage.tokens++
        yield { data: chunk({ content: token }) }
      }
      yield { data: chunk({}, 'stop') }
      yield '[DONE]'
    },
    {
      // No ids: an answer cannot be resumed, so clients must not ask twice. A ping would be fine: clients skip comments.
      onClose: ({ reason }) => {
        if (reason === 'client-disconnect') usage.stopped++
      },
    },
  ).send(req, res)
})

app.get('/usage', (_req, res) => {
  res.json(usage)
})

/** The stand-in for a model. `signal` aborts in the middle of a token when the reader has pressed stop. */
async function* generate(question: string, signal: AbortSignal): AsyncGenerator<string> {
  const words =
    `You asked: ${question} That is a good question, and this answer was streamed word by word.`.split(' ')
  for (const word of words) {
    await sleep(TOKEN_MS, undefined, { signal })
    yield `${word} `
  }
}

start(
  app,
  `curl -N $URL/v1/chat/completions -H 'content-type: application/json' -d '{"model":"any","stream":true,"messages":[{"role":"user","content":"Why?"}]}'`,
  'curl $URL/usage   # after a Ctrl-C in the curl above: no token more was made',
)
