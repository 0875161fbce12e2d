//! Why a connection failed, in plain words.

/// Parts of error texts with what they mean. The libraries and the native core wrap the same causes
/// differently, and the native core reports them only as text.
const CAUSES: [(&str, &str); 11] = [
    (
        "Connection refused",
        "connection refused: no server listens at this address",
    ),
    (
        "failed to lookup address",
        "the host name cannot be resolved",
    ),
    ("dns error", "the host name cannot be resolved"),
    (
        "InvalidContentType",
        "the server does not speak TLS on this port: for a server without TLS, use ws:// or http://",
    ),
    (
        "invalid peer certificate: UnknownIssuer",
        "the server's TLS certificate is signed by an unknown authority: install its CA certificate on this machine",
    ),
    (
        "HTTP version",
        "the server does not speak HTTP on this port",
    ),
    (
        "Connection reset",
        "the server closed the connection: it may not be the right port, or it may need TLS",
    ),
    (
        "connection closed before message completed",
        "the server closed the connection without an answer",
    ),
    (
        "Handshake not finished",
        "the server closed the connection without an answer",
    ),
    ("Network is unreachable", "the network cannot be reached"),
    (
        "No route to host",
        "no route to the host: check the network and the firewall",
    ),
];

/// Prefixes that only name the layer that failed.
const LAYERS: [&str; 7] = [
    "error sending request: ",
    "client error (Connect): ",
    "client error (SendRequest): ",
    "tcp connect error: ",
    "engine: signal failure: ",
    "transport connection error: ",
    "IO error: ",
];

/// Describes why a connection failed, given an error text of a library or of the native core.
pub fn cause(error: &str) -> String {
    let known = CAUSES.iter().find(|(part, _)| error.contains(part));
    // The cause would be about the proxy, not about the server.
    let is_proxys = error.contains("Proxy");
    if let Some((_, meaning)) = known.filter(|_| !is_proxys) {
        return (*meaning).to_owned();
    }
    let mut rest = error;
    while let Some(inner) = LAYERS.iter().find_map(|layer| rest.strip_prefix(layer)) {
        rest = inner;
    }
    match rest.split_once("invalid peer certificate: ") {
        Some((_, why)) => format!("the server's TLS certificate is invalid: {why}"),
        None => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cause_has_the_same_words_whichever_library_reports_it() {
        let refused = "connection refused: no server listens at this address";
        let unresolved = "the host name cannot be resolved";
        let cases = [
            ("Connection refused (os error 111)", refused),
            (
                "error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)",
                refused,
            ),
            (
                "engine: signal failure: transport connection error: IO error: Connection refused (os error 111)",
                refused,
            ),
            (
                "failed to lookup address information: Name or service not known",
                unresolved,
            ),
            (
                "error sending request: client error (Connect): dns error: no record found",
                unresolved,
            ),
            (
                "WebSocket protocol error: httparse error: invalid HTTP version",
                "the server does not speak HTTP on this port",
            ),
            (
                "IO error: invalid peer certificate: certificate expired",
                "the server's TLS certificate is invalid: certificate expired",
            ),
            ("engine: signal failure: IO error: odd", "odd"),
        ];
        for (error, words) in cases {
            assert_eq!(cause(error), words, "{error}");
        }
    }
}
