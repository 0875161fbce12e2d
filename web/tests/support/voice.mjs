// Runs in the page before its own scripts: a microphone that speaks on demand, and a meter of both
// voices. The function is sent to the page as text, so it must not use anything outside itself.
export function installVoice() {
  const context = new AudioContext({ sampleRate: 48_000 });
  const mouth = context.createMediaStreamDestination();
  // Without a source the stream carries no samples at all, not even silence.
  const silence = new ConstantSourceNode(context, { offset: 0 });
  silence.connect(mouth);
  silence.start();
  navigator.mediaDevices.getUserMedia = async () => {
    await context.resume();
    return mouth.stream.clone();
  };

  // A worklet would need its own script, which the page's content security policy blocks.
  const both = context.createChannelMerger(2);
  const meter = context.createScriptProcessor(256, 2, 1);
  const rms = (samples) => Math.sqrt(samples.reduce((sum, it) => sum + it * it, 0) / samples.length);
  const rows = [];
  meter.onaudioprocess = ({ inputBuffer, playbackTime }) => {
    rows.push([playbackTime, rms(inputBuffer.getChannelData(0)), rms(inputBuffer.getChannelData(1))]);
  };
  both.connect(meter).connect(context.destination);
  const yours = context.createMediaStreamSource(mouth.stream);
  yours.connect(both, 0, 0);

  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...settings) {
      super(...settings);
      this.addEventListener('track', ({ track }) => {
        if (track.kind !== 'audio') return;
        context.createMediaStreamSource(new MediaStream([track])).connect(both, 0, 1);
      });
    }
  };

  const recorded = new Promise((begun) => {
    const { start } = MediaRecorder.prototype;
    MediaRecorder.prototype.start = function (...settings) {
      this.addEventListener('start', () => begun(), { once: true });
      start.apply(this, settings);
    };
  });

  window.voice = {
    rows,
    /** Resolves once a recorder has started. */
    recorded,
    now: () => context.currentTime,
    /** Plays a WAV into the microphone; resolves at its end. */
    say: async (wav) => {
      const bytes = Uint8Array.from(atob(wav), (it) => it.charCodeAt(0));
      const words = context.createBufferSource();
      words.buffer = await context.decodeAudioData(bytes.buffer);
      words.connect(mouth);
      words.start();
      return new Promise((said) => (words.onended = said));
    },
  };
}
