import { Observable } from '../../media/observable'

/** Whether leaving now would be leaving a performance; Telegram asks back then. */
export const closingConfirmed = new Observable(false)

export function confirmClosing(confirm: boolean): void {
  closingConfirmed.set(confirm)
}
