import meterUrl from './meter.worklet.ts?worker&url';

/** How loud both voices were. */
export interface Levels {
  /** Seconds on the clock of the sound card. */
  at: number;
  /** Root mean square, 0 to 1. */
  you: number;
  agent: number;
}

/** Hears both voices and measures them, some 90 times a second. */
export class Ear {
  private readonly context = new AudioContext({ latencyHint: 'interactive' });
  private readonly sources = new Map<string, MediaStreamAudioSourceNode>();
  private readonly meter: Promise<AudioWorkletNode>;

  constructor(private readonly onLevels: (levels: Levels) => void) {
    this.meter = this.open();
    // Told by the first who listens.
    this.meter.catch(() => {});
  }

  /** Hears this track as that voice from now on. */
  async listen(to: 'you' | 'agent', track: MediaStreamTrack): Promise<void> {
    const meter = await this.meter;
    this.sources.get(to)?.disconnect();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    source.connect(meter, 0, to === 'you' ? 0 : 1);
    this.sources.set(to, source);
  }

  /** Starts the clock where the browser stopped it: only while a key or button is pressed. */
  wake(): Promise<void> {
    return this.context.resume();
  }

  /** Hears nothing any more. */
  async close(): Promise<void> {
    await this.context.close();
  }

  private async open(): Promise<AudioWorkletNode> {
    await this.context.audioWorklet.addModule(meterUrl);
    const meter = new AudioWorkletNode(this.context, 'meter', { numberOfInputs: 2 });
    meter.port.onmessage = ({ data }: MessageEvent<Levels>) => this.onLevels(data);
    // It is silent; connected, it is run.
    meter.connect(this.context.destination);
    return meter;
  }
}
