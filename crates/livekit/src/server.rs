//! Client of LiveKit's server API: Twirp over HTTP, with a fresh access token for each request.
//!
//! The clients in `livekit-api` drop the path of the server's URL and apply their own rules to the
//! proxy variables of the environment, so this module uses only that crate's access tokens.

use std::time::Duration;

use livekit_api::access_token::{AccessToken, SIPGrants, VideoGrants};
use livekit_protocol as proto;
use parlor_common::dial::{DialError, http};
use prost::Message;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use serde::Deserialize;

use crate::LiveKit;

/// Default timeout of a request.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Ringing timeout of a call transfer.
const RINGS_FOR: Duration = Duration::from_secs(30);

/// How much longer than the ringing timeout the server may take to respond.
const RINGING_MARGIN: Duration = Duration::from_secs(2);

/// Lifetime of a token: long enough for one request despite clock skew.
const TOKEN_VALID: Duration = Duration::from_secs(600);

/// Maximum length of an error message of the server, in characters; the rest is cut off.
const LONGEST_WORDS: usize = 200;

/// Client of one LiveKit server; cheap to clone.
#[derive(Clone, Debug)]
pub struct LiveKitServer {
    livekit: LiveKit,
    client: Client,
    within: Duration,
}

/// Why a request failed. No error text contains a URL or a token.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The server returned a Twirp error, for instance `not_found`.
    #[error("{code}: {words}")]
    Refused {
        /// Code of the Twirp error.
        code: String,
        /// Message of the Twirp error.
        words: String,
    },
    /// The response is an HTTP error without a Twirp error: the server is failing, or it is not a
    /// LiveKit server.
    #[error("HTTP status {0}")]
    Status(StatusCode),
    /// The server could not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The response could not be decoded.
    #[error("invalid response: this may not be a LiveKit server")]
    InvalidResponse,
    /// The API key and secret cannot sign a token.
    #[error("cannot create an access token: check LIVEKIT_API_KEY and LIVEKIT_API_SECRET")]
    Token,
}

impl ServerError {
    /// Returns whether the room, participant or dispatch does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if code == "not_found")
    }
}

/// Body of a Twirp error.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    msg: String,
}

/// A service and one of its methods.
type Method = (&'static str, &'static str);

type Answer<T> = Result<T, ServerError>;

impl LiveKitServer {
    /// Creates a client of the server `livekit`, which connects through its proxies.
    ///
    /// # Errors
    /// [`ServerError::Unreachable`] if the HTTP client cannot be created.
    pub fn new(livekit: &LiveKit) -> Result<Self, ServerError> {
        let client = http::client(&livekit.proxies, ANSWER_WITHIN);
        let client = client.map_err(|error| ServerError::Unreachable(error.to_string()))?;
        Ok(Self {
            livekit: livekit.clone(),
            client,
            within: ANSWER_WITHIN,
        })
    }

    /// Sets the timeout of each request.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Lists the rooms with these names; all rooms if `names` is empty.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn list_rooms(&self, names: Vec<String>) -> Answer<Vec<proto::Room>> {
        let grants = VideoGrants {
            room_list: true,
            ..VideoGrants::default()
        };
        let request = proto::ListRoomsRequest { names };
        let answer: proto::ListRoomsResponse = self
            .call(("RoomService", "ListRooms"), &request, grants)
            .await?;
        Ok(answer.rooms)
    }

    /// Lists the participants in `room`.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn list_participants(&self, room: &str) -> Answer<Vec<proto::ParticipantInfo>> {
        let request = proto::ListParticipantsRequest {
            room: room.to_owned(),
        };
        let answer: proto::ListParticipantsResponse = self
            .call(("RoomService", "ListParticipants"), &request, admin(room))
            .await?;
        Ok(answer.participants)
    }

    /// Removes a participant from `room`.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn remove_participant(&self, room: &str, identity: &str) -> Answer<()> {
        let request = proto::RoomParticipantIdentity {
            room: room.to_owned(),
            identity: identity.to_owned(),
            ..proto::RoomParticipantIdentity::default()
        };
        let _: proto::RemoveParticipantResponse = self
            .call(("RoomService", "RemoveParticipant"), &request, admin(room))
            .await?;
        Ok(())
    }

    /// Deletes `room`, which disconnects all its participants.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn delete_room(&self, room: &str) -> Answer<()> {
        let grants = VideoGrants {
            room_create: true,
            ..VideoGrants::default()
        };
        let request = proto::DeleteRoomRequest {
            room: room.to_owned(),
        };
        let _: proto::DeleteRoomResponse = self
            .call(("RoomService", "DeleteRoom"), &request, grants)
            .await?;
        Ok(())
    }

    /// Lists the agent dispatches of `room`.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn list_dispatch(
        &self,
        room: impl Into<String>,
    ) -> Answer<Vec<proto::AgentDispatch>> {
        let request = proto::ListAgentDispatchRequest {
            room: room.into(),
            ..proto::ListAgentDispatchRequest::default()
        };
        let grants = admin(&request.room);
        let answer: proto::ListAgentDispatchResponse = self
            .call(("AgentDispatchService", "ListDispatch"), &request, grants)
            .await?;
        Ok(answer.agent_dispatches)
    }

    /// Deletes a dispatch and returns it.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn delete_dispatch(
        &self,
        dispatch_id: impl Into<String>,
        room: impl Into<String>,
    ) -> Answer<proto::AgentDispatch> {
        let request = proto::DeleteAgentDispatchRequest {
            dispatch_id: dispatch_id.into(),
            room: room.into(),
        };
        let grants = admin(&request.room);
        self.call(("AgentDispatchService", "DeleteDispatch"), &request, grants)
            .await
    }

    /// Dispatches an agent to a room.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn create_dispatch(
        &self,
        request: proto::CreateAgentDispatchRequest,
    ) -> Answer<proto::AgentDispatch> {
        let grants = admin(&request.room);
        self.call(("AgentDispatchService", "CreateDispatch"), &request, grants)
            .await
    }

    /// Sends a data packet to a room.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn send_data(&self, request: proto::SendDataRequest) -> Answer<()> {
        let grants = admin(&request.room);
        let _: proto::SendDataResponse = self
            .call(("RoomService", "SendData"), &request, grants)
            .await?;
        Ok(())
    }

    /// Transfers the call of a SIP participant to `to`, a `tel:` or `sip:` URI. Returns once the
    /// target has answered.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn transfer(&self, room: &str, identity: &str, to: &str) -> Answer<()> {
        let request = proto::TransferSipParticipantRequest {
            participant_identity: identity.to_owned(),
            room_name: room.to_owned(),
            transfer_to: to.to_owned(),
            ringing_timeout: Some(RINGS_FOR.into()),
            ..proto::TransferSipParticipantRequest::default()
        };
        let calls = SIPGrants {
            call: true,
            ..SIPGrants::default()
        };
        let token = self.token(admin(room)).with_sip_grants(calls);
        let within = RINGS_FOR + RINGING_MARGIN;
        let _: () = self
            .send(("SIP", "TransferSIPParticipant"), &request, token, within)
            .await?;
        Ok(())
    }

    /// Calls a method of a service in the package `livekit`, with a token that has `grants`.
    ///
    /// # Errors
    /// [`ServerError`]
    pub async fn call<R: Message + Default>(
        &self,
        method: Method,
        request: &impl Message,
        grants: VideoGrants,
    ) -> Answer<R> {
        let token = self.token(grants);
        self.send(method, request, token, self.within).await
    }

    fn token(&self, grants: VideoGrants) -> AccessToken {
        let secret = self.livekit.api_secret.reveal();
        AccessToken::with_api_key(&self.livekit.api_key, secret)
            .with_ttl(TOKEN_VALID)
            .with_grants(grants)
    }

    async fn send<R: Message + Default>(
        &self,
        (service, method): Method,
        request: &impl Message,
        token: AccessToken,
        within: Duration,
    ) -> Answer<R> {
        // The path of the server's URL, if any, precedes the path of the API.
        let base = self.livekit.http_url();
        let url = format!("{base}/twirp/livekit.{service}/{method}");
        let unreachable = |error: DialError| ServerError::Unreachable(error.to_string());
        http::check(&self.livekit.proxies, &url).map_err(unreachable)?;
        let token = token.to_jwt().map_err(|_| ServerError::Token)?;
        let asked = self
            .client
            .post(&url)
            .bearer_auth(token)
            .header(CONTENT_TYPE, "application/protobuf")
            .timeout(within)
            .body(request.encode_to_vec());
        let proxies = &self.livekit.proxies;
        let unreachable =
            |error| ServerError::Unreachable(http::reason_through(proxies, &url, error));
        let answer = asked.send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await;
        if status == StatusCode::OK {
            return R::decode(body.map_err(unreachable)?).map_err(|_| ServerError::InvalidResponse);
        }
        // The status says enough if the rest of the response is cut off.
        let body = body.unwrap_or_default();
        Err(match serde_json::from_slice::<Refusal>(&body) {
            Ok(refusal) => ServerError::Refused {
                code: words(&refusal.code),
                words: words(&refusal.msg),
            },
            Err(_) => ServerError::Status(status),
        })
    }
}

fn admin(room: &str) -> VideoGrants {
    VideoGrants {
        room_admin: true,
        room: room.to_owned(),
        ..VideoGrants::default()
    }
}

/// Text from the server without control characters, truncated to [`LONGEST_WORDS`].
fn words(text: &str) -> String {
    let shown = text.chars().filter(|it| !it.is_control());
    shown.take(LONGEST_WORDS).collect()
}
