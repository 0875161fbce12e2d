import meterUrl from './meter.worklet.ts?worker&url';

/** Levels of both voices. */
export interface Levels {
  /** Time in seconds, on the clock of the audio context. */
  at: number;
  /** Root mean square, 0 to 1. */
  you: number;
  agent: number;
}

/** Measures the levels of both voices, about 90 times per second. */
export class LevelMeter {
  private readonly context = new AudioContext({ latencyHint: 'interactive' });
  private readonly sources = new Map<string, MediaStreamAudioSourceNode>();
  private readonly meter: Promise<AudioWorkletNode>;

  constructor(private readonly onLevels: (levels: Levels) => void) {
    this.meter = this.open();
    // `listen` reports errors.
    this.meter.catch(() => {});
  }

  /** Measures this track as the given voice. */
  async listen(to: 'you' | 'agent', track: MediaStreamTrack): Promise<void> {
    const meter = await this.meter;
    this.sources.get(to)?.disconnect();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    source.connect(meter, 0, to === 'you' ? 0 : 1);
    this.sources.set(to, source);
  }

  /** Resumes audio that the browser has suspended; only works while a key or button is pressed. */
  wake(): Promise<void> {
    return this.context.resume();
  }

  /** Stops measuring. */
  async close(): Promise<void> {
    await this.context.close();
  }

  private async open(): Promise<AudioWorkletNode> {
    await this.context.audioWorklet.addModule(meterUrl);
    const meter = new AudioWorkletNode(this.context, 'meter', { numberOfInputs: 2 });
    meter.port.onmessage = ({ data }: MessageEvent<Levels>) => this.onLevels(data);
    // The node outputs silence, but only runs while connected.
    meter.connect(this.context.destination);
    return meter;
  }
}
