const LAMPS = [-44, -22, 0, 22, 44]

/** The house's sign: a row of footlights and what they light. */
export function Emblem() {
  return (
    <svg class="emblem" viewBox="-60 -44 120 64" aria-hidden="true" focusable="false">
      {LAMPS.map((x) => (
        <path key={x} class="emblem-ray" d={`M${x * 0.92} -2 L${x * 0.62} -38`} />
      ))}
      {LAMPS.map((x) => (
        <path key={x} class="emblem-lamp" d={`M${x - 8} 8 a8 8 0 0 1 16 0 Z`} />
      ))}
      <path class="emblem-edge" d="M-58 13 H58" />
    </svg>
  )
}
