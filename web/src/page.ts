import type { ConnectionQuality, RemoteParticipant } from 'livekit-client';
import type { AgentState, AgentTrouble } from './call/agent';
import { Call, isCallLost, type Audience, type Ending } from './call/call';
import type { MicrophoneTrouble } from './call/microphone';
import { forget } from './call/saved-call';
import type { SavedCall } from './call/token';
import type { ToolCall } from './call/tools';
import type { Line } from './call/transcript';
import { LevelMeter, type Levels } from './sound/level-meter';
import { Turns } from './sound/turns';
import { AboutView } from './view/about';
import { Controls } from './view/controls';
import { ConversationView } from './view/conversation';
import { the } from './view/dom';
import { LevelView } from './view/levels';
import { NoticeView } from './view/notice';
import { StageView } from './view/stage';
import { TurnsView } from './view/turns';
import { label, VoicePicker } from './view/voice-picker';
import { AGENT, BROKEN, ENDING, MICROPHONE, CALL_LOST, SILENCED, whyNot } from './messages';

/** The page: runs one call at a time and updates the views. */
export class Page implements Audience {
  private readonly stage = new StageView(() => void this.begin());
  private readonly controls = new Controls({
    mute: (isMuted) => void this.call?.mute(isMuted),
    choose: (deviceId) => void this.choose(deviceId),
    end: () => void this.end(),
    send: (text) => void this.send(text),
  });
  private readonly conversation = new ConversationView();
  private readonly levels = new LevelView();
  private readonly waits = new TurnsView();
  private readonly notice = new NoticeView();
  private readonly about = new AboutView();
  private readonly voices = new VoicePicker();
  private call: Call | undefined;
  private levelMeter: LevelMeter | undefined;
  private turns = new Turns();
  private agent: AgentState = 'absent';

  constructor() {
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.listMicrophones());
  }

  /** Starts a call, or returns to the one before the page was reloaded. */
  async begin(former?: SavedCall, isMuted = former?.isMuted ?? false): Promise<void> {
    if (this.call) return;
    this.clear();
    this.stage.show('connecting');
    this.voices.lock(true);
    const call = new Call(this, the('voices', HTMLElement), former);
    this.call = call;
    this.turns = new Turns();
    this.levelMeter = new LevelMeter((levels) => this.hear(levels));
    try {
      await call.begin(isMuted, this.voices.choice());
    } catch (error) {
      await this.notBegun(call, error);
      return;
    }
    if (this.call !== call) return;
    if (!call.savedCall) return;
    this.about.identity(call.savedCall);
    this.about.voice(label(call.savedCall.voice));
  }

  connection(is: 'up' | 'broken'): void {
    if (is === 'broken') this.notice.show('connection', BROKEN);
    else this.notice.clear('connection');
    this.stage.show(is === 'broken' ? 'reconnecting' : this.agent);
  }

  quality(quality: ConnectionQuality): void {
    this.about.quality(quality);
  }

  agentIs(state: AgentState, agent?: RemoteParticipant): void {
    const isNew = this.agent === 'absent' && document.activeElement === document.body;
    this.agent = state;
    this.stage.show(state);
    if (agent) this.about.agent(agent.name || agent.identity);
    if (isNew) this.controls.focus();
  }

  agentTrouble(trouble: AgentTrouble): void {
    // The call ended while the page was reloading.
    if (trouble === 'never came' && this.call?.former) void this.again(this.call.savedCall?.isMuted);
    else if (trouble) this.notice.show('agent', AGENT[trouble], () => void this.again());
    else this.notice.clear('agent');
  }

  muted(isMuted: boolean): void {
    this.controls.showMuted(isMuted);
    this.notice.clear('microphone');
    void this.listMicrophones();
  }

  microphoneTrouble(trouble: MicrophoneTrouble): void {
    this.controls.showMuted(true);
    this.notice.show('microphone', MICROPHONE[trouble], () => void this.call?.mute(false));
    void this.listMicrophones();
  }

  silenced(isSilenced: boolean): void {
    if (isSilenced) this.notice.show('sound', SILENCED, () => void this.unsilence());
    else this.notice.clear('sound');
  }

  voice(of: 'you' | 'agent', track: MediaStreamTrack): void {
    // The call continues without level meters.
    this.levelMeter?.listen(of, track).catch((error: unknown) => console.warn('level meters are not available', error));
  }

  line(line: Line): void {
    this.conversation.line(line);
  }

  tool(call: ToolCall): void {
    this.conversation.tool(call);
  }

  ended(how: Ending): void {
    const former = how === 'gone' ? this.call?.savedCall : undefined;
    this.close();
    this.notice.show('ended', ENDING[how], () => void this.begin(former));
  }

  private hear(levels: Levels): void {
    this.levels.show(levels);
    const wait = this.turns.hear(levels);
    if (wait !== undefined) this.waits.add(wait);
  }

  private async choose(deviceId: string): Promise<void> {
    const trouble = await this.call?.microphone.choose(deviceId);
    if (trouble) this.microphoneTrouble(trouble);
    await this.listMicrophones();
  }

  private async listMicrophones(): Promise<void> {
    const list = await this.call?.microphone.list();
    if (list) this.controls.showMicrophones(list.devices, list.chosen);
  }

  private async send(text: string): Promise<void> {
    try {
      await this.call?.say(text);
    } catch {
      this.conversation.notSent(text);
    }
  }

  private async unsilence(): Promise<void> {
    await Promise.all([this.call?.unsilence(), this.levelMeter?.wake()]);
  }

  private async again(isMuted = false): Promise<void> {
    await this.end();
    await this.begin(undefined, isMuted);
  }

  private async end(): Promise<void> {
    const call = this.call;
    forget();
    this.close();
    await call?.end();
  }

  private async notBegun(call: Call, error: unknown): Promise<void> {
    if (this.call !== call) return;
    const { former } = call;
    this.close();
    // The server may have other voices by now and refuse the chosen one.
    this.voices.refresh();
    await call.end();
    if (former && isCallLost(error)) {
      forget();
      this.notice.show('ended', CALL_LOST);
    } else {
      this.notice.show('ended', whyNot(error), () => void this.begin(former));
    }
  }

  /** Returns to the idle state; the transcript stays. */
  private close(): void {
    const hadFocus = document.activeElement?.closest('.controls, .in-call, .composer') !== null;
    void this.levelMeter?.close();
    this.call = this.levelMeter = undefined;
    this.agent = 'absent';
    this.notice.clear();
    this.about.clear();
    this.levels.clear();
    this.controls.showMuted(false);
    this.stage.show('idle');
    this.voices.lock(false);
    if (hadFocus) this.stage.focus();
  }

  private clear(): void {
    this.notice.clear();
    this.conversation.clear();
    this.waits.clear();
    this.controls.showMuted(false);
  }
}
