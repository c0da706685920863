//! Which hosts a token or a secret may be sent to: any over https, and this machine in the
//! clear.

use std::net::IpAddr;

use reqwest::Url;

use crate::model::cloud::Cloud;

/// Reads the address of a service: a scheme and a host, without the version part.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| format!("`{text}` is not a URL: {e}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("the URL contains a user name or a password".to_owned());
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(format!(
                "`{text}` is not https: the access token would be sent in clear text"
            ));
        }
        _ => return Err(format!("`{text}` is not an https URL")),
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return Err(format!("`{text}` has more than a host"));
    }
    Ok(url)
}

/// True when the address is this machine.
pub fn is_loopback(url: &Url) -> bool {
    url.host_str() == Some("localhost") || ip(url).is_some_and(|ip| ip.is_loopback())
}

/// True when the address is one that the platform gives to a machine for its own services,
/// such as 169.254.169.254. It cannot be routed.
pub fn is_link_local(url: &Url) -> bool {
    matches!(ip(url), Some(IpAddr::V4(ip)) if ip.is_link_local())
}

/// True when the address is a service of Microsoft's: Graph or the sign-in of one of the clouds.
pub fn is_microsofts(url: &Url) -> bool {
    let clouds = [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China];
    let known = |text: &str| Url::parse(text).is_ok_and(|known| known.origin() == url.origin());
    clouds
        .iter()
        .any(|cloud| known(cloud.graph_endpoint()) || known(cloud.login_endpoint()))
}

fn ip(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    host.trim_matches(['[', ']']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_looks_like_microsofts_is_none() {
        let is = |text: &str| is_microsofts(&Url::parse(text).unwrap());
        for own in [
            "https://graph.microsoft.com",
            "https://Graph.Microsoft.us/",
            "https://login.chinacloudapi.cn",
        ] {
            assert!(is(own), "{own}");
        }
        for other in [
            "https://graph.microsoft.com.example.com",
            "https://graph.microsoft.com:444",
            "https://graph.example.com",
            "http://graph.microsoft.com",
        ] {
            assert!(!is(other), "{other}");
        }
    }

    #[test]
    fn https_anywhere_and_http_on_this_machine() {
        for good in [
            "https://graph.microsoft.us",
            "https://graph.microsoft.us/",
            "http://localhost:8080",
            "http://127.0.0.1:8080",
            "http://[::1]:8080",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://localhost.example.com",
            "http://169.254.169.254",
            "ftp://localhost",
            "https://graph.microsoft.com/v1.0",
            "https://login.microsoftonline.com/common?x=1",
            "https://user:secret@graph.microsoft.com",
            "graph.microsoft.com",
        ] {
            let problem = parse(bad).unwrap_err();
            assert!(!problem.contains("secret"), "{problem}");
        }
    }
}
