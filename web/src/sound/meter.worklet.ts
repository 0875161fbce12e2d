// Measures two voices on one clock: input 0 is yours, input 1 is the agent's.

declare const currentTime: number;
declare function registerProcessor(name: string, processor: unknown): void;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

/** Frames per measurement: 10.7 ms at 48 kHz. */
const HOP = 512;

class Meter extends AudioWorkletProcessor {
  private readonly energy = [0, 0];
  private frames = 0;

  process(inputs: Float32Array[][]): boolean {
    for (const voice of [0, 1]) {
      for (const sample of inputs[voice]?.[0] ?? []) this.energy[voice]! += sample * sample;
    }
    this.frames += 128;
    if (this.frames >= HOP) this.tell();
    return true;
  }

  private tell(): void {
    const [you, agent] = this.energy.map((energy) => Math.sqrt(energy / this.frames));
    this.port.postMessage({ at: currentTime, you, agent });
    this.energy.fill(0);
    this.frames = 0;
  }
}

registerProcessor('meter', Meter);
