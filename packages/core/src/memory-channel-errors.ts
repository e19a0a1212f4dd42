import { SseError } from './errors.ts'

/**
 * `code: 'would-block'` – `sendNowait` met a full channel, or `receiveNowait` an empty one, and nobody was waiting on
 * the other side. Nothing was sent or received.
 */
export class WouldBlock extends SseError<'would-block'> {
  override readonly name: string = 'WouldBlock'

  constructor(message: string) {
    super('would-block', message)
  }
}

/** `code: 'end-of-stream'` – every sender is closed and every item was received. The regular end, not a failure. */
export class EndOfStream extends SseError<'end-of-stream'> {
  override readonly name: string = 'EndOfStream'

  constructor() {
    super(
      'end-of-stream',
      'Every sender of this channel is closed and every item was received. Stop receiving: nothing more will come.',
    )
  }
}

/** `code: 'broken-resource'` – every receiver is closed, so that nobody can ever receive what is sent. */
export class BrokenResource extends SseError<'broken-resource'> {
  override readonly name: string = 'BrokenResource'

  constructor() {
    super(
      'broken-resource',
      'Every receiver of this channel is closed, so this item can reach nobody. Stop sending and close the sender.',
    )
  }
}

/** `code: 'closed-resource'` – the very end that was used is closed, before the operation or while it waited. */
export class ClosedResource extends SseError<'closed-resource'> {
  override readonly name: string = 'ClosedResource'

  /** @param end Which kind of end it is, for the message. */
  constructor(end: 'sender' | 'receiver') {
    super(
      'closed-resource',
      `This ${end} is closed. To go on while another part of the program closes its own end, give that part a clone().`,
    )
  }
}
