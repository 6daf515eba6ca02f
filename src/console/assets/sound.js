// @ts-check
// Two sounds, made here: an offer is a soft falling pair, an emergency a rising alarm that repeats. They differ in rhythm and
// pitch, not in loudness alone.

/** @type {AudioContext | null} */
let context = null;
/** @type {ReturnType<typeof setInterval> | undefined} */
let alarm;

/** Browsers keep a page silent until someone has used it. Call on every key and click. */
export function unlock() {
  context ??= new AudioContext();
  if (context.state === 'suspended') void context.resume();
}

/** Has nobody touched this page yet, so that it could not sound? */
export function blocked() {
  return context === null && navigator.userActivation?.hasBeenActive === false;
}

/** @param {[number, number, number][]} notes frequency in Hz, start and length in seconds @param {OscillatorType} wave @param {number} loudness 0 to 1 */
function play(notes, wave, loudness) {
  if (!context || context.state !== 'running') return;
  for (const [pitch, start, length] of notes) {
    const at = context.currentTime + start;
    const tone = new OscillatorNode(context, { type: wave, frequency: pitch });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness, at + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.001, at + length);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + length + 0.05);
  }
}

export function offerSound() {
  play([[880, 0, 0.35], [659, 0.16, 0.5]], 'sine', 0.25);
}

export function messageSound() {
  play([[1175, 0, 0.12]], 'sine', 0.08);
}

function emergencySound() {
  play([0, 0.5].flatMap((t) => /** @type {[number, number, number][]} */ (
    [[587, t, 0.14], [784, t + 0.14, 0.14], [1047, t + 0.28, 0.18]])), 'triangle', 0.5);
}

/** Sound the alarm now and every four seconds while `on`. @param {boolean} on */
export function setAlarm(on) {
  if (on === (alarm !== undefined)) return;
  clearInterval(alarm);
  alarm = undefined;
  if (!on) return;
  emergencySound();
  alarm = setInterval(emergencySound, 4_000);
}
