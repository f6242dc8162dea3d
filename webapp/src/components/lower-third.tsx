interface LowerThirdProps {
  name: string
  part?: string | undefined
  testId?: string
}

/** A name, as it stands under a face. */
export function LowerThird({ name, part, testId }: LowerThirdProps) {
  return (
    <div class="lower-third" data-testid={testId}>
      <span class="lower-third-name">{name}</span>
      {part && <span class="lower-third-part">{part}</span>}
    </div>
  )
}
