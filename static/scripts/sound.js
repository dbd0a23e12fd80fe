// A short sound, made here: two soft tones that rise. Silent for whoever chose so, and until the page was touched, as browsers want it.

const TONES = [[660, 0], [880, 0.12]]
const LENGTH = 0.22

let context = null

export const isOn = () => document.body.dataset.sounds === "true"

export async function chime() {
  context ??= new AudioContext()
  if (context.state === "suspended") await context.resume().catch(() => {})
  if (context.state !== "running") return false
  for (const [frequency, after] of TONES) {
    const [tone, volume, begin] = [context.createOscillator(), context.createGain(), context.currentTime + after]
    tone.frequency.value = frequency
    volume.gain.setValueAtTime(0, begin)
    volume.gain.linearRampToValueAtTime(0.12, begin + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, begin + LENGTH)
    tone.connect(volume).connect(context.destination)
    tone.start(begin)
    tone.stop(begin + LENGTH)
  }
  return true
}
