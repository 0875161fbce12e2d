import { LocalAudioTrack, MediaDeviceFailure, ParticipantEvent, Room, Track, type LocalTrack } from 'livekit-client';

/** Why the microphone cannot be used. */
export type MicrophoneTrouble = 'none' | 'refused' | 'in use' | 'insecure' | 'broken';

const NOTHING = Promise.resolve(undefined);

/** The user's microphone in a room. */
export class Microphone {
  private chosen: string | undefined;
  /** A track that records before it is published. */
  private taken: Promise<LocalTrack | undefined> = NOTHING;

  private isHeard = false;

  constructor(private readonly room: Room) {
    room.localParticipant.on(ParticipantEvent.LocalTrackSubscribed, () => (this.isHeard = true));
  }

  /** The published track, if any. */
  get track(): LocalAudioTrack | undefined {
    const publication = this.room.localParticipant.getTrackPublication(Track.Source.Microphone);
    return publication?.track instanceof LocalAudioTrack ? publication.track : undefined;
  }

  /** Starts recording before the room is connected: the agent hears what was said until then. */
  take(): void {
    if (!navigator.mediaDevices) return;
    this.taken = this.record();
    // `open` reports errors.
    this.taken.catch(() => {});
  }

  /** Stops the recorded track, even if it was never published. */
  async leave(): Promise<void> {
    const { taken } = this;
    this.taken = NOTHING;
    const track = await taken.catch(() => undefined);
    track?.stopPreConnectBuffer();
    track?.stop();
  }

  /** Unmutes or mutes the microphone, publishing it if needed. Returns what went wrong. */
  async open(isOpen: boolean): Promise<MicrophoneTrouble | undefined> {
    if (isOpen && !navigator.mediaDevices) return 'insecure';
    try {
      const taken = await this.taken;
      const isNew = taken && !this.track;
      if (isNew) await this.publish(taken);
      // A newly published track is unmuted, unless the user has muted it meanwhile.
      if (!isNew || !isOpen) await this.room.localParticipant.setMicrophoneEnabled(isOpen);
      return undefined;
    } catch (error) {
      if (!this.track) await this.leave();
      return troubleOf(error);
    }
  }

  /** Switches to another microphone. */
  async choose(deviceId: string): Promise<MicrophoneTrouble | undefined> {
    try {
      await this.room.switchActiveDevice('audioinput', deviceId);
      this.chosen = deviceId;
      return undefined;
    } catch (error) {
      return troubleOf(error);
    }
  }

  /** Lists the available microphones and the selected one. */
  async list(): Promise<{ devices: MediaDeviceInfo[]; chosen: string | undefined }> {
    if (!navigator.mediaDevices) return { devices: [], chosen: undefined };
    const devices = await Room.getLocalDevices('audioinput', false);
    const chosen = this.chosen ?? this.track?.mediaStreamTrack.getSettings().deviceId;
    return { devices: devices.filter((it) => it.label), chosen };
  }

  private async publish(track: LocalTrack): Promise<void> {
    await this.room.localParticipant.publishTrack(track);
    // livekit-client misses an agent that subscribes before publishing is done, and would keep
    // recording.
    if (this.isHeard) track.stopPreConnectBuffer();
  }

  private async record(): Promise<LocalTrack | undefined> {
    const [track] = await this.room.localParticipant.createTracks({ audio: true });
    // The livekit-client option for this would leave the microphone on if the room is never
    // connected.
    track?.startPreConnectBuffer();
    return track;
  }
}

function troubleOf(error: unknown): MicrophoneTrouble {
  switch (MediaDeviceFailure.getFailure(error)) {
    case MediaDeviceFailure.PermissionDenied:
      return 'refused';
    case MediaDeviceFailure.NotFound:
      return 'none';
    case MediaDeviceFailure.DeviceInUse:
      return 'in use';
    default:
      return 'broken';
  }
}
