//! Limits the hosts that a tool may call, whatever values its URL is rendered with.

use reqwest::Url;

use super::failure::Refused;

/// The hosts that a tool may call.
#[derive(Debug)]
pub(super) struct AllowedHosts(Vec<Pattern>);

#[derive(Debug, PartialEq, Eq)]
enum Pattern {
    /// Exactly this host, in the normalized form of [`Url`].
    Host(String),
    /// All hosts that end with this suffix, which begins with a dot.
    Below(String),
}

impl AllowedHosts {
    /// The hosts of `allowed` or, if it is empty, the literal host of the template `url`.
    ///
    /// # Errors
    /// All problems, each with its key.
    pub(super) fn new(allowed: &[String], url: &str) -> Result<Self, Vec<String>> {
        let literal = literal(url);
        let own = literal.as_ref().and_then(Url::host_str);
        let allowed_hosts = match own {
            Some(host) if allowed.is_empty() => Self(vec![Pattern::Host(host.to_owned())]),
            _ => Self(patterns(allowed)?),
        };
        match literal.map(|url| allowed_hosts.check(&url)) {
            Some(Err(refused)) => Err(vec![format!("url: {refused}")]),
            None if allowed_hosts.0.is_empty() => Err(vec![NO_HOST.to_owned()]),
            _ => Ok(allowed_hosts),
        }
    }

    /// Checks that `url` has an allowed host, the scheme http or https, and no credentials.
    pub(super) fn check(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let host = url.host_str().ok_or(Refused::InvalidUrl)?;
        if self.0.iter().any(|pattern| pattern.has(host)) {
            Ok(())
        } else {
            Err(Refused::Host)
        }
    }
}

const NO_HOST: &str = "url: its host must be literal, as in https://shop.example/{{ args.path }}, \
    or allow_hosts must list the hosts";

fn patterns(allowed: &[String]) -> Result<Vec<Pattern>, Vec<String>> {
    let mut problems = Vec::new();
    let mut patterns = Vec::new();
    for text in allowed {
        match Pattern::parse(text) {
            Some(pattern) => patterns.push(pattern),
            None => problems.push(format!(
                "allow_hosts: {text:?} is neither a host nor a pattern like *.example.com"
            )),
        }
    }
    if problems.is_empty() {
        Ok(patterns)
    } else {
        Err(problems)
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let (name, is_below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        let is_host = match name.strip_prefix('[') {
            Some(address) => address.ends_with(']'),
            None => !name.contains(['*', '/', ':', '@', '?', '#', '\\']),
        };
        let url = Url::parse(&format!("http://{name}/"))
            .ok()
            .filter(|_| is_host)?;
        let host = url.host_str()?;
        if !is_below {
            return Some(Self::Host(host.to_owned()));
        }
        // A wildcard below a top-level domain would cover hosts of many owners.
        let is_domain = url.domain().is_some_and(|name| name.contains('.'));
        is_domain.then(|| Self::Below(format!(".{host}")))
    }

    fn has(&self, host: &str) -> bool {
        match self {
            Self::Host(name) => host == name,
            Self::Below(end) => host.len() > end.len() && host.ends_with(end),
        }
    }
}

/// The part of the URL that no value can change, if it includes the host: the whole template if it
/// has no placeholders, else the text before the first one.
pub(super) fn literal(template: &str) -> Option<Url> {
    let template = template.trim();
    let filled = ["{{", "{%", "{#"]
        .iter()
        .filter_map(|it| template.find(it))
        .min();
    let before = &template[..filled.unwrap_or(template.len())];
    let (_, rest) = before.split_once("://")?;
    let has_host = filled.is_none() || rest.contains(['/', '?', '#']);
    Url::parse(before).ok().filter(|_| has_host)
}

/// Parses a rendered URL.
pub(super) fn parse(rendered: &str) -> Result<Url, Refused> {
    let rendered = rendered.trim();
    // URL parsers ignore control characters and disagree about backslashes.
    if rendered.contains(|it: char| it.is_control() || it == '\\') {
        return Err(Refused::InvalidUrl);
    }
    let path = rendered.split(['?', '#']).next().unwrap_or(rendered);
    if path.split('/').any(is_upward) {
        return Err(Refused::DotSegments);
    }
    Url::parse(rendered).map_err(|_| Refused::InvalidUrl)
}

/// Whether a path segment is `..` or `.`, percent-encoded or not.
fn is_upward(part: &str) -> bool {
    let part = part.to_ascii_lowercase().replace("%2e", ".");
    matches!(part.as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_hosts(allowed: &[&str], url: &str) -> Result<AllowedHosts, Vec<String>> {
        let allowed: Vec<_> = allowed.iter().map(|it| (*it).to_owned()).collect();
        AllowedHosts::new(&allowed, url)
    }

    #[test]
    fn the_host_of_the_url_is_allowed_when_no_value_can_change_it() {
        let literal = [
            "https://shop.example/orders/{{ args.order }}",
            "https://shop.example:8443?q={{ args.q }}",
            "http://shop.example#{{ args.q }}",
            "https://SHOP.example",
            "  https://shop.example/{% if args.a %}a{% endif %}",
        ];
        for url in literal {
            let allowed_hosts = allowed_hosts(&[], url).unwrap();
            assert_eq!(
                allowed_hosts.0,
                [Pattern::Host("shop.example".to_owned())],
                "{url}"
            );
        }
        let open = [
            "https://{{ args.host }}/",
            "https://shop.example{{ args.path }}",
            "https://shop.example:{{ args.port }}/",
            "https://{{ args.user }}@shop.example/",
            "{{ args.scheme }}://shop.example/",
            "https://shop.{# note #}example/",
            "https://{% if args.a %}a{% endif %}.example/",
            "{{ env.BASE }}/orders",
            "shop.example/orders",
            "/orders",
            "",
        ];
        for url in open {
            assert_eq!(allowed_hosts(&[], url).unwrap_err(), [NO_HOST], "{url}");
        }
    }

    #[test]
    fn allowed_hosts_are_hosts_and_wildcards() {
        let allowed_hosts = allowed_hosts(
            &["Shop.example", "*.cdn.example", "10.0.0.1", "[::1]"],
            "{{ env.BASE }}",
        )
        .unwrap();
        let check = |url: &str| allowed_hosts.check(&Url::parse(url).unwrap());
        for good in [
            "https://shop.example/",
            "http://shop.example:81/",
            "https://a.cdn.example/",
            "https://a.b.cdn.example/",
            "http://10.0.0.1/",
            "http://0xa.1/",
            "http://[::1]/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "https://cdn.example/",
            "https://evilcdn.example/",
            "https://shop.example.evil.example/",
            "https://shop.example./",
            "https://a.shop.example/",
            "https://10.0.0.2/",
        ] {
            assert_eq!(check(bad), Err(Refused::Host), "{bad}");
        }
        assert_eq!(check("https://me@shop.example/"), Err(Refused::Credentials));
        assert_eq!(
            check("https://:pw@shop.example/"),
            Err(Refused::Credentials)
        );
        assert_eq!(check("ftp://shop.example/"), Err(Refused::Scheme));
        assert_eq!(check("file:///etc/passwd"), Err(Refused::Scheme));
    }

    #[test]
    fn all_invalid_patterns_are_reported() {
        for wrong in [
            "*",
            "*.",
            "*.com",
            "a/b",
            "https://a",
            "a:80",
            "u@a",
            "",
            "a b",
            "*.*.com",
            "*.10.0.0.1",
        ] {
            let problems = allowed_hosts(&[wrong, "*"], "{{ env.BASE }}").unwrap_err();
            assert_eq!(problems.len(), 2, "{wrong}");
        }
    }

    #[test]
    fn a_url_that_would_always_be_refused_is_reported() {
        let cases: [(&[&str], _, _); 5] = [
            (&["a.example"], "https://shop.example/", Refused::Host),
            (
                &[],
                "https://me:pw@shop.example/{{ args.a }}",
                Refused::Credentials,
            ),
            (&[], "ftp://shop.example/{{ args.a }}", Refused::Scheme),
            (&[], "file:///etc/{{ args.a }}", Refused::Scheme),
            (&["a.example"], "file:///etc/passwd", Refused::Scheme),
        ];
        for (allowed, url, refused) in cases {
            let problems = allowed_hosts(allowed, url).unwrap_err();
            assert_eq!(problems, [format!("url: {refused}")], "{url}");
        }
    }

    #[test]
    fn rendered_urls_are_parsed_strictly() {
        let bad = [
            ("https://shop.example\\@evil.example/", Refused::InvalidUrl),
            ("https://shop.example/a\\..\\b", Refused::InvalidUrl),
            ("https://evil\t.example/", Refused::InvalidUrl),
            ("https://evil.example/\r\nHost: a", Refused::InvalidUrl),
            ("https://shop.example/orders/../admin", Refused::DotSegments),
            ("https://shop.example/orders/%2E%2e", Refused::DotSegments),
            ("https://shop.example/orders/.%2e?x", Refused::DotSegments),
            ("https://", Refused::InvalidUrl),
            ("orders", Refused::InvalidUrl),
        ];
        for (url, expected) in bad {
            assert_eq!(parse(url), Err(expected), "{url}");
        }
        assert!(parse("https://shop.example/a..b/...?q=../x y").is_ok());
    }
}
