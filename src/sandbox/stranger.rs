//! Who the sandbox does not answer. A web page can make its reader's browser ask any address of
//! the reader's machine, under the page's own name once that name leads here; a browser says both.

use reqwest::Url;

use super::Options;
use super::call::Raw;
use super::error::ErrorAnswer;

/// The refusal of a request that names another host, or comes from a web page elsewhere. `Host`
/// is this machine, or one of [`Options::hosts`]; `Origin` is the sandbox itself, or one of
/// [`Options::origins`].
pub(super) fn refusal(raw: &Raw, options: &Options) -> Option<ErrorAnswer> {
    let refused = |what: &str, value: &str, flag: &str| {
        Some(ErrorAnswer::new(
            403,
            "Forbidden",
            format!(
                "The {what} '{value}' is not this sandbox's. `sandbox serve {flag}` lets it in."
            ),
        ))
    };
    // What names no host is no browser.
    if let Some(host) = raw.header("host")
        && !is_ours(host, options)
    {
        return refused("host", host, "--allow-host");
    }
    match raw.header("origin") {
        Some(origin) if origin != raw.base() && !options.origins.iter().any(|o| o == origin) => {
            refused("origin", origin, "--allow-origin")
        }
        _ => None,
    }
}

fn is_ours(host: &str, options: &Options) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}")) else {
        return false;
    };
    let name = url.host_str().unwrap_or_default();
    let ip = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    name == "localhost"
        || ip.is_ok_and(|ip| ip.is_loopback() || ip == options.bind.ip())
        || options.hosts.iter().any(|h| h.eq_ignore_ascii_case(name))
}
