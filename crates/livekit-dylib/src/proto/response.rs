//! The immediate answers to requests.

use super::*;

#[derive(Clone, PartialEq, prost::Message)]
pub struct FfiResponse {
    #[prost(
        oneof = "ffi_response::Message",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 47, 25, 26, 27, 28, 32, 36, 37, 38, 39, 40, 41, 42, 46, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 75, 82"
    )]
    pub message: Option<ffi_response::Message>,
}

pub mod ffi_response {
    use super::*;

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Message {
        #[prost(message, tag = "2")]
        Dispose(DisposeResponse),
        #[prost(message, tag = "3")]
        Connect(ConnectResponse),
        #[prost(message, tag = "4")]
        Disconnect(DisconnectResponse),
        #[prost(message, tag = "5")]
        PublishTrack(PublishTrackResponse),
        #[prost(message, tag = "6")]
        UnpublishTrack(UnpublishTrackResponse),
        #[prost(message, tag = "7")]
        PublishData(PublishDataResponse),
        #[prost(message, tag = "8")]
        SetSubscribed(SetSubscribedResponse),
        #[prost(message, tag = "9")]
        SetLocalMetadata(SetLocalMetadataResponse),
        #[prost(message, tag = "10")]
        SetLocalName(SetLocalNameResponse),
        #[prost(message, tag = "11")]
        SetLocalAttributes(SetLocalAttributesResponse),
        #[prost(message, tag = "12")]
        GetSessionStats(GetSessionStatsResponse),
        #[prost(message, tag = "13")]
        PublishTranscription(PublishTranscriptionResponse),
        #[prost(message, tag = "14")]
        PublishSipDtmf(PublishSipDtmfResponse),
        #[prost(message, tag = "16")]
        CreateAudioTrack(CreateAudioTrackResponse),
        #[prost(message, tag = "17")]
        LocalTrackMute(LocalTrackMuteResponse),
        #[prost(message, tag = "18")]
        EnableRemoteTrack(EnableRemoteTrackResponse),
        #[prost(message, tag = "19")]
        GetStats(GetStatsResponse),
        #[prost(message, tag = "47")]
        SetTrackSubscriptionPermissions(SetTrackSubscriptionPermissionsResponse),
        #[prost(message, tag = "25")]
        NewAudioStream(NewAudioStreamResponse),
        #[prost(message, tag = "26")]
        NewAudioSource(NewAudioSourceResponse),
        #[prost(message, tag = "27")]
        CaptureAudioFrame(CaptureAudioFrameResponse),
        #[prost(message, tag = "28")]
        ClearAudioBuffer(ClearAudioBufferResponse),
        #[prost(message, tag = "32")]
        E2ee(E2eeResponse),
        #[prost(message, tag = "36")]
        SendChatMessage(SendChatMessageResponse),
        #[prost(message, tag = "37")]
        PerformRpc(PerformRpcResponse),
        #[prost(message, tag = "38")]
        RegisterRpcMethod(RegisterRpcMethodResponse),
        #[prost(message, tag = "39")]
        UnregisterRpcMethod(UnregisterRpcMethodResponse),
        #[prost(message, tag = "40")]
        RpcMethodInvocationResponse(RpcMethodInvocationResponseResponse),
        #[prost(message, tag = "41")]
        EnableRemoteTrackPublication(EnableRemoteTrackPublicationResponse),
        #[prost(message, tag = "42")]
        UpdateRemoteTrackPublicationDimension(UpdateRemoteTrackPublicationDimensionResponse),
        #[prost(message, tag = "46")]
        SetDataChannelBufferedAmountLowThreshold(SetDataChannelBufferedAmountLowThresholdResponse),
        #[prost(message, tag = "53")]
        ByteReadIncremental(ByteStreamReaderReadIncrementalResponse),
        #[prost(message, tag = "54")]
        ByteReadAll(ByteStreamReaderReadAllResponse),
        #[prost(message, tag = "55")]
        ByteWriteToFile(ByteStreamReaderWriteToFileResponse),
        #[prost(message, tag = "56")]
        TextReadIncremental(TextStreamReaderReadIncrementalResponse),
        #[prost(message, tag = "57")]
        TextReadAll(TextStreamReaderReadAllResponse),
        #[prost(message, tag = "58")]
        SendFile(StreamSendFileResponse),
        #[prost(message, tag = "59")]
        SendText(StreamSendTextResponse),
        #[prost(message, tag = "60")]
        ByteStreamOpen(ByteStreamOpenResponse),
        #[prost(message, tag = "61")]
        ByteStreamWrite(ByteStreamWriterWriteResponse),
        #[prost(message, tag = "62")]
        ByteStreamClose(ByteStreamWriterCloseResponse),
        #[prost(message, tag = "63")]
        TextStreamOpen(TextStreamOpenResponse),
        #[prost(message, tag = "64")]
        TextStreamWrite(TextStreamWriterWriteResponse),
        #[prost(message, tag = "65")]
        TextStreamClose(TextStreamWriterCloseResponse),
        #[prost(message, tag = "66")]
        SendBytes(StreamSendBytesResponse),
        #[prost(message, tag = "67")]
        SetRemoteTrackPublicationQuality(SetRemoteTrackPublicationQualityResponse),
        #[prost(message, tag = "75")]
        SimulateScenario(SimulateScenarioResponse),
        #[prost(message, tag = "82")]
        ReadyForRoomEvent(ReadyForRoomEventResponse),
    }
}
