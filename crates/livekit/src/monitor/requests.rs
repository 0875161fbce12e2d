//! Handles requests of participants that monitor a call.

use std::collections::HashMap;
use std::time::Instant;

use livekit_protocol::agent::agent_session_message::Message;
use livekit_protocol::agent::session_request::{Request, RunInput, UpdateIo};
use livekit_protocol::agent::session_response::{
    FinalizeSimulationResponse, GetAgentInfoResponse, GetChatHistoryResponse,
    GetFrameworkInfoResponse, GetSessionStateResponse, GetSessionUsageResponse, Pong, Response,
    RunInputResponse, UpdateIoResponse,
};
use livekit_protocol::agent::{AgentSessionMessage, AgentState, SessionRequest};
use parlor_core::ids::Identity;
use prost::Message as _;

use super::access::Visibility;
use super::text_run::TextRun;
use super::{Monitor, MonitorMessage, MonitorRequest, Outgoing, Output};

/// Name of the SDK, as reported to clients.
const SDK: &str = "parlor";

/// How to respond to a request.
enum Answer {
    /// Immediately.
    Now(Response),
    /// Once the agent has answered the text.
    Later(TextRun, String),
    /// With RTC statistics of the room.
    Stats,
}

impl Monitor {
    /// Handles a message of a participant. Ignores messages that are not requests of the protocol.
    pub fn request(&mut self, now: Instant, request: MonitorRequest) {
        let MonitorRequest {
            from,
            manages,
            bytes,
        } = request;
        let message = AgentSessionMessage::decode(bytes.as_slice()).ok();
        let Some(Message::Request(request)) = message.and_then(|it| it.message) else {
            return;
        };
        let SessionRequest {
            request_id,
            request,
        } = request;
        let answer = match request {
            None => Err("unknown request".to_owned()),
            Some(request) if !self.access.allows(manages, visibility(&request)) => {
                Err("not allowed".to_owned())
            }
            Some(request) => self.answer(now, &from, &request_id, request),
        };
        match answer {
            Ok(Answer::Now(response)) => self.respond(from, request_id, Ok(response)),
            Ok(Answer::Stats) => self.send(Outgoing::Stats {
                to: from,
                request: request_id,
            }),
            Ok(Answer::Later(run, text)) => {
                self.run = Some(run);
                self.out.push_back(Output::Input(text.into()));
            }
            Err(error) => self.respond(from, request_id, Err(error)),
        }
    }

    fn answer(
        &mut self,
        now: Instant,
        from: &Identity,
        id: &str,
        request: Request,
    ) -> Result<Answer, String> {
        let response = match request {
            Request::Ping(_) => Response::Pong(Pong {}),
            Request::GetChatHistory(_) => Response::GetChatHistory(GetChatHistoryResponse {
                items: self.history.items(),
            }),
            Request::RunInput(input) => {
                let text = self.input(input)?;
                let run = TextRun::new(now, from.clone(), id.to_owned());
                return Ok(Answer::Later(run, text));
            }
            Request::GetAgentInfo(_) => Response::GetAgentInfo(self.agent_info()),
            Request::GetSessionState(_) => Response::GetSessionState(self.session_state()),
            Request::GetRtcStats(_) => return Ok(Answer::Stats),
            Request::GetSessionUsage(_) => Response::GetSessionUsage(GetSessionUsageResponse {
                usage: Some(self.usage.report(now)),
                created_at: Some(self.wall_clock.stamp(now)),
            }),
            Request::GetFrameworkInfo(_) => Response::GetFrameworkInfo(GetFrameworkInfoResponse {
                sdk: SDK.to_owned(),
                sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            }),
            Request::UpdateIo(io) => {
                self.update_io(&io)?;
                Response::UpdateIo(UpdateIoResponse {})
            }
            // Parlor does not evaluate simulations, so it has no verdict.
            Request::FinalizeSimulation(_) => {
                Response::FinalizeSimulation(FinalizeSimulationResponse { user_verdict: None })
            }
        };
        Ok(Answer::Now(response))
    }

    fn input(&self, RunInput { text }: RunInput) -> Result<String, String> {
        let problem = if text.trim().is_empty() {
            "empty run_input text"
        } else if self.run.is_some() {
            "the agent is still answering another run_input"
        } else if self.agent == AgentState::AsInitializing {
            "the agent is not ready"
        } else {
            return Ok(text);
        };
        Err(problem.to_owned())
    }

    fn agent_info(&self) -> GetAgentInfoResponse {
        let part = self.agent_config.now();
        GetAgentInfoResponse {
            id: part.name.clone(),
            instructions: part.instructions.as_ref().map(|it| it.reveal().clone()),
            tools: part.tools.clone(),
            chat_ctx: self.history.items(),
        }
    }

    fn session_state(&self) -> GetSessionStateResponse {
        GetSessionStateResponse {
            agent_state: self.agent.into(),
            user_state: self.user.into(),
            agent_id: self.agent_config.now().name.clone(),
            options: HashMap::new(),
            created_at: Some(self.wall_clock.stamp(self.wall_clock.at)),
        }
    }

    /// Applies all changes of the request, or none.
    fn update_io(&mut self, io: &UpdateIo) -> Result<(), String> {
        let (input, output) = (io.input.unwrap_or_default(), io.output.unwrap_or_default());
        let video = [input.video_enabled, output.video_enabled];
        if video.contains(&Some(true)) {
            return Err("the agent does not support video".to_owned());
        }
        if output.audio_enabled == Some(false) {
            return Err("the agent does not support disabling its audio output".to_owned());
        }
        let hear = input.audio_enabled.map(Output::Hear);
        let caption = output.transcription_enabled.map(Output::Caption);
        self.out.extend(hear.into_iter().chain(caption));
        Ok(())
    }

    /// Responds to the pending `run_input` if the agent has finished answering.
    pub(super) fn finish_run(&mut self) {
        let is_over = self.agent == AgentState::AsListening && self.tools.is_idle();
        if is_over && self.run.as_ref().is_some_and(TextRun::is_answered) {
            self.end_run();
        }
    }

    /// Responds to the pending `run_input` with the items collected so far.
    pub(super) fn end_run(&mut self) {
        let Some(run) = self.run.take() else {
            return;
        };
        let (to, request) = (run.to.clone(), run.request.clone());
        let items = run.into_items();
        let answer = items.map(|items| Response::RunInput(RunInputResponse { items }));
        self.respond(to, request, answer);
    }

    fn respond(&mut self, to: Identity, request: String, answer: Result<Response, String>) {
        self.send(Outgoing::Message(MonitorMessage::answer(
            to, request, answer,
        )));
    }
}

/// The visibility of what a request reveals or changes.
fn visibility(request: &Request) -> Visibility {
    match request {
        Request::Ping(_)
        | Request::GetSessionState(_)
        | Request::GetRtcStats(_)
        | Request::GetSessionUsage(_)
        | Request::GetFrameworkInfo(_)
        | Request::FinalizeSimulation(_) => Visibility::Public,
        Request::GetChatHistory(_)
        | Request::RunInput(_)
        | Request::GetAgentInfo(_)
        | Request::UpdateIo(_) => Visibility::Internal,
    }
}
