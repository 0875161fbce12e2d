import { LocalAudioTrack, MediaDeviceFailure, ParticipantEvent, Room, Track, type LocalTrack } from 'livekit-client';

/** Why there is no voice of yours. */
export type MicrophoneTrouble = 'none' | 'refused' | 'in use' | 'insecure' | 'broken';

const NOTHING = Promise.resolve(undefined);

/** Your microphone in a room. */
export class Microphone {
  private chosen: string | undefined;
  /** Its track, if it was taken before it could be opened. */
  private taken: Promise<LocalTrack | undefined> = NOTHING;

  private isHeard = false;

  constructor(private readonly room: Room) {
    room.localParticipant.on(ParticipantEvent.LocalTrackSubscribed, () => (this.isHeard = true));
  }

  /** Its track, once it is on. */
  get track(): LocalAudioTrack | undefined {
    const publication = this.room.localParticipant.getTrackPublication(Track.Source.Microphone);
    return publication?.track instanceof LocalAudioTrack ? publication.track : undefined;
  }

  /** Takes it before there is a room to open it to: an agent that comes hears first what was said until then. */
  take(): void {
    if (!navigator.mediaDevices) return;
    this.taken = this.record();
    // `open` tells what went wrong.
    this.taken.catch(() => {});
  }

  /** Lets go of what was taken, even if it was never opened. */
  async leave(): Promise<void> {
    const { taken } = this;
    this.taken = NOTHING;
    const track = await taken.catch(() => undefined);
    track?.stopPreConnectBuffer();
    track?.stop();
  }

  /** Opens it to the room, or closes it: closed, the track itself is muted. Answers with what went wrong. */
  async open(isOpen: boolean): Promise<MicrophoneTrouble | undefined> {
    if (isOpen && !navigator.mediaDevices) return 'insecure';
    try {
      const taken = await this.taken;
      const isNew = taken && !this.track;
      if (isNew) await this.publish(taken);
      // A new one is open, unless somebody has closed it since.
      if (!isNew || !isOpen) await this.room.localParticipant.setMicrophoneEnabled(isOpen);
      return undefined;
    } catch (error) {
      if (!this.track) await this.leave();
      return troubleOf(error);
    }
  }

  /** Takes another one from now on. */
  async choose(deviceId: string): Promise<MicrophoneTrouble | undefined> {
    try {
      await this.room.switchActiveDevice('audioinput', deviceId);
      this.chosen = deviceId;
      return undefined;
    } catch (error) {
      return troubleOf(error);
    }
  }

  /** All there are, and which is in use. */
  async list(): Promise<{ devices: MediaDeviceInfo[]; chosen: string | undefined }> {
    if (!navigator.mediaDevices) return { devices: [], chosen: undefined };
    const devices = await Room.getLocalDevices('audioinput', false);
    const chosen = this.chosen ?? this.track?.mediaStreamTrack.getSettings().deviceId;
    return { devices: devices.filter((it) => it.label), chosen };
  }

  private async publish(track: LocalTrack): Promise<void> {
    await this.room.localParticipant.publishTrack(track);
    // livekit-client does not notice an agent that listens before this is done, and would record on.
    if (this.isHeard) track.stopPreConnectBuffer();
  }

  private async record(): Promise<LocalTrack | undefined> {
    const [track] = await this.room.localParticipant.createTracks({ audio: true });
    // By its settings livekit-client would do so too, but keep a microphone that never gets a room.
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
