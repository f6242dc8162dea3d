import { Emblem } from './emblem'

/** A moment's wait: the footlights warm up. */
export function Waiting({ testId, text }: { testId: string; text: string }) {
  return (
    <main class="notice waiting" data-testid={testId}>
      <div class="notice-body" role="status">
        <Emblem />
        <p>{text}</p>
      </div>
    </main>
  )
}
