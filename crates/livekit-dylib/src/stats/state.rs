//! Enums in statistics.

use super::mirror::state;

state! {
    /// Reason for limiting the quality of a video.
    pub enum QualityLimitationReason {
        None = LimitationNone,
        Cpu = LimitationCpu,
        Bandwidth = LimitationBandwidth,
        Other = LimitationOther,
    } else None
}

state! {
    /// ICE role of the local side.
    pub enum IceRole {
        Unknown = IceUnknown,
        Controlling = IceControlling,
        Controlled = IceControlled,
    } else Unknown
}

state! {
    /// State of a DTLS transport.
    pub enum DtlsTransportState {
        New = DtlsTransportNew,
        Connecting = DtlsTransportConnecting,
        Connected = DtlsTransportConnected,
        Closed = DtlsTransportClosed,
        Failed = DtlsTransportFailed,
    }
}

state! {
    /// State of an ICE transport.
    pub enum IceTransportState {
        New = IceTransportNew,
        Checking = IceTransportChecking,
        Connected = IceTransportConnected,
        Completed = IceTransportCompleted,
        Disconnected = IceTransportDisconnected,
        Failed = IceTransportFailed,
        Closed = IceTransportClosed,
    }
}

state! {
    /// DTLS role of the local side.
    pub enum DtlsRole {
        Client = DtlsClient,
        Server = DtlsServer,
        Unknown = DtlsUnknown,
    } else Unknown
}

state! {
    /// State of an ICE candidate pair.
    pub enum IceCandidatePairState {
        Frozen = PairFrozen,
        Waiting = PairWaiting,
        InProgress = PairInProgress,
        Failed = PairFailed,
        Succeeded = PairSucceeded,
    }
}

state! {
    /// Type of an ICE candidate.
    pub enum IceCandidateType {
        Host = Host,
        Srflx = Srflx,
        Prflx = Prflx,
        Relay = Relay,
    }
}

state! {
    /// Protocol between the client and a TURN server.
    pub enum IceServerTransportProtocol {
        Udp = TransportUdp,
        Tcp = TransportTcp,
        Tls = TransportTls,
    }
}

state! {
    /// Type of a TCP ICE candidate.
    pub enum IceTcpCandidateType {
        Active = CandidateActive,
        Passive = CandidatePassive,
        So = CandidateSo,
    }
}

state! {
    /// State of a data channel.
    pub enum DataChannelState {
        Connecting = DcConnecting,
        Open = DcOpen,
        Closing = DcClosing,
        Closed = DcClosed,
    }
}
