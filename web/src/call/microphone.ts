import { LocalAudioTrack, MediaDeviceFailure, Room, Track } from 'livekit-client';

/** Why there is no voice of yours. */
export type MicrophoneTrouble = 'none' | 'refused' | 'in use' | 'insecure' | 'broken';

/** Your microphone in a room. */
export class Microphone {
  private chosen: string | undefined;

  constructor(private readonly room: Room) {}

  /** Its track, once it is on. */
  get track(): LocalAudioTrack | undefined {
    const publication = this.room.localParticipant.getTrackPublication(Track.Source.Microphone);
    return publication?.track instanceof LocalAudioTrack ? publication.track : undefined;
  }

  /** Opens it to the room, or closes it: closed, the track itself is muted. Answers with what went wrong. */
  async open(isOpen: boolean): Promise<MicrophoneTrouble | undefined> {
    if (isOpen && !navigator.mediaDevices) return 'insecure';
    try {
      await this.room.localParticipant.setMicrophoneEnabled(isOpen);
      return undefined;
    } catch (error) {
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
