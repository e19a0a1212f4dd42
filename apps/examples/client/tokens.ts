import { createEventSource } from '@sse/client'

const answer = createEventSource('http://localhost:3000/v1/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
  until: ({ data }) => data === '[DONE]',
})

for await (const { data } of answer) {
  process.stdout.write(JSON.parse(data).choices[0].delta.content ?? '')
}
