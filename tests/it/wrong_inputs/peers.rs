//! Servers on the loopback interface, none of which is what a command needs.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

/// The servers, by the names that the table uses in braces.
pub(super) struct Peers {
    ports: Vec<(&'static str, u16)>,
    /// Accepts connections and never answers, so that its port is in use, too.
    _silent: TcpListener,
}

impl Peers {
    pub(super) fn start() -> Self {
        let silent = listener();
        let closed = port(&listener());
        let mut ports = vec![("{silent}", port(&silent)), ("{closed}", closed)];
        let pages = [
            ("{html}", "200 OK", "<html>Hello</html>"),
            ("{302}", "302 Found", ""),
            (
                "{401}",
                "401 Unauthorized",
                "invalid token: eyJ0eXAi.eyJleHAi.CANARY, error: no",
            ),
            ("{403}", "403 Forbidden", "{}"),
            ("{404}", "404 Not Found", "nothing here"),
            ("{429}", "429 Too Many Requests", "{}"),
            ("{500}", "500 Internal Server Error", "oops"),
            (
                "{voices}",
                "200 OK",
                r#"{"voices": ["alba", "vera", "reid"]}"#,
            ),
        ];
        for (name, status, body) in pages {
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
            ports.push((name, serve(answer)));
        }
        ports.push(("{cut}", serve(cut_off())));
        ports.push(("{ssh}", serve("SSH-2.0-OpenSSH_9.6\r\n".to_owned())));
        ports.push(("{mute}", serve(String::new())));
        Self {
            ports,
            _silent: silent,
        }
    }

    /// `text` with the addresses of the servers instead of their names.
    pub(super) fn fill(&self, text: &str) -> String {
        let ports = self.ports.iter();
        ports.fold(text.to_owned(), |text, (name, port)| {
            text.replace(name, &format!("127.0.0.1:{port}"))
        })
    }
}

/// A refusal whose body ends too early.
fn cut_off() -> String {
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{".to_owned()
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

fn port(listener: &TcpListener) -> u16 {
    listener.local_addr().unwrap().port()
}

/// Answers every connection with `answer`, whatever it asks. Returns the port.
fn serve(answer: String) -> u16 {
    let listener = listener();
    let port = port(&listener);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut stream = stream.unwrap();
                let asked = stream.read(&mut [0; 16 << 10]).is_ok_and(|read| read > 0);
                if asked {
                    stream.write_all(answer.as_bytes()).ok();
                }
                stream.shutdown(std::net::Shutdown::Write).ok();
                // A connection that is closed with unread data is reset, and the answer with it.
                stream.set_read_timeout(Some(Duration::from_secs(1))).ok();
                while stream.read(&mut [0; 1 << 10]).is_ok_and(|read| read > 0) {}
            });
        }
    });
    port
}
