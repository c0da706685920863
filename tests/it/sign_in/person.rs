//! Signing in as a person, against the sandbox's own sign-in page: the tests are the browser.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use gatewright::sandbox::Options;
use reqwest::Url;
use reqwest::redirect::Policy;
use tokio::runtime::Runtime;

use crate::common::Project;
use crate::sandbox::Sandbox;

const ADELE: &str = "AdeleV@contoso.com";
const SANDBOX_TENANT: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";

/// A tenant to sign in to, and a project that does.
struct Place {
    runtime: Runtime,
    _sandbox: Sandbox,
    project: Project,
}

/// What came out of a run.
struct Done {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Place {
    fn new(method: &str, tenant: &str, granted: Option<&[&str]>) -> Place {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let granted = granted.map(|names| names.iter().map(|n| (*n).to_owned()).collect());
        let options = Options {
            granted,
            ..Options::default()
        };
        let sandbox = runtime.block_on(Sandbox::with(options));
        let url = sandbox.running.url();
        let config = format!(
            "version: 1
manifests: [policies]
tenants:
  prod:
    default: true
    tenantId: {tenant}
    loginEndpoint: {url}
    graphEndpoint: {url}
    auth: {{ method: {method} }}
"
        );
        let manifest = "kind: Group\ndisplayName: Pilot\n";
        let project = Project::of("a.yaml", manifest).file("gatewright.yaml", config);
        Place {
            runtime,
            _sandbox: sandbox,
            project,
        }
    }

    /// Runs the program; `person` gets each line that asks for one.
    fn run(&self, arguments: &[&str], mut person: impl FnMut(&Person, &str)) -> Done {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gatewright"))
            .current_dir(self.project.path(""))
            .env_clear()
            .envs(crate::common::needed())
            .env("NO_COLOR", "1")
            .env("GRAPH_TOKEN", "x")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = String::new();
        let http = Person {
            runtime: &self.runtime,
            client: reqwest::Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
        };
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if line.contains("/oauth2/v2.0/") {
                person(&http, &line);
            }
            stderr.push_str(&line);
            stderr.push('\n');
        }
        let mut stdout = String::new();
        let mut out = child.stdout.take().unwrap();
        out.read_to_string(&mut stdout).unwrap();
        let all = format!("{stdout}{stderr}");
        assert!(!all.contains("eyJ"), "a token is shown: {all}");
        Done {
            code: child.wait().unwrap().code(),
            stdout,
            stderr,
        }
    }
}

/// Somebody at a browser.
struct Person<'a> {
    runtime: &'a Runtime,
    client: reqwest::Client,
}

impl Person<'_> {
    /// Presses a button of the form on the page; gives where the page leads, or its text.
    fn presses(&self, page: &str, fields: &[(&str, &str)]) -> Result<Url, String> {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace('@', "%40")))
            .collect();
        let request = self
            .client
            .post(page)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        self.runtime.block_on(async {
            let answer = request.send().await.unwrap();
            match answer.headers().get("location") {
                Some(to) => Ok(Url::parse(to.to_str().unwrap()).unwrap()),
                None => Err(answer.text().await.unwrap()),
            }
        })
    }

    fn accepts(&self, page: &str) -> Url {
        self.presses(page, &[("login", ADELE), ("do", "accept")])
            .unwrap()
    }

    /// Goes to an address and reads what is there.
    fn goes(&self, url: &str) -> (u16, String) {
        self.runtime.block_on(async {
            let answer = self.client.get(url).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }
}

/// The address in a line.
fn address(line: &str) -> Url {
    let start = line.find("http://").unwrap();
    let text = line[start..].split(' ').next().unwrap();
    Url::parse(text).unwrap()
}

fn query(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(n, _)| n == name);
    found.unwrap_or_default().1.into_owned()
}

/// The same address with one field changed.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(n, v)| (n.into_owned(), v.into_owned()))
        .filter(|(n, _)| n != name)
        .collect();
    let mut out = url.clone();
    out.query_pairs_mut()
        .clear()
        .extend_pairs(pairs)
        .append_pair(name, value);
    out
}

#[test]
fn a_person_signs_in_in_the_browser_with_no_application_of_the_tenant() {
    let place = Place::new("browser", SANDBOX_TENANT, None);
    let done = place.run(&["plan"], |person, line| {
        let page = address(line);
        assert_eq!(
            page.path(),
            format!("/{SANDBOX_TENANT}/oauth2/v2.0/authorize")
        );
        for (name, value) in [
            ("client_id", "14d82eec-204b-4c2f-b7e8-296a70dab67e"),
            ("response_type", "code"),
            ("response_mode", "query"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(query(&page, name), value);
        }
        let scopes = query(&page, "scope");
        assert!(scopes.contains("https://graph.microsoft.com/Policy.Read.All"));
        assert!(!scopes.contains("Write"), "plan only reads: {scopes}");
        let (status, form) = person.goes(page.as_str());
        assert_eq!(status, 200);
        assert!(form.contains("Policy.Read.All"), "{form}");
        let back = person.accepts(page.as_str());
        assert_eq!(back.host_str(), Some("localhost"));
        let (status, text) = person.goes(back.as_str());
        assert_eq!(status, 200);
        assert!(text.contains("gatewright continues"), "{text}");
    });
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("1 to create"), "{}", done.stdout);
}

#[test]
fn apply_asks_for_consent_to_what_it_writes() {
    let place = Place::new("browser", SANDBOX_TENANT, None);
    let done = place.run(&["apply", "--yes"], |person, line| {
        let page = address(line);
        assert!(query(&page, "scope").contains("Policy.ReadWrite.ConditionalAccess"));
        person.goes(person.accepts(page.as_str()).as_str());
    });
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("1 created"), "{}", done.stdout);
}

#[test]
fn what_the_browser_does_besides_is_no_answer() {
    let place = Place::new("browser", SANDBOX_TENANT, None);
    let done = place.run(&["auth", "whoami"], |person, line| {
        let page = address(line);
        let back = person.accepts(page.as_str());
        let port = back.port().unwrap();
        // A connection in advance that says nothing, and the icon of the page.
        let idle = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        let icon = format!("http://localhost:{port}/favicon.ico");
        assert_eq!(person.goes(&icon).0, 404);
        person.goes(back.as_str());
        drop(idle);
    });
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains(&format!("Account      {ADELE}")));
}

#[test]
fn the_answer_to_another_sign_in_is_refused() {
    for (name, value, said) in [
        ("state", "other", "its `state` does not match"),
        ("iss", "https://evil.example/v2.0", "evil.example"),
        ("code", "of-somebody-else", "AADSTS70008"),
    ] {
        let place = Place::new("browser", SANDBOX_TENANT, None);
        let done = place.run(&["auth", "whoami"], |person, line| {
            let back = person.accepts(address(line).as_str());
            person.goes(with(&back, name, value).as_str());
        });
        assert_eq!(done.code, Some(1), "{name}: {}", done.stdout);
        assert!(done.stderr.contains(said), "{name}: {}", done.stderr);
    }
}

#[test]
fn a_tenant_other_than_the_configured_one_is_refused() {
    let other = "99999999-2222-3333-4444-555555555555";
    let place = Place::new("browser", other, None);
    let done = place.run(&["plan"], |person, line| {
        person.goes(person.accepts(address(line).as_str()).as_str());
    });
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(
        done.stderr.contains(SANDBOX_TENANT) && done.stderr.contains(other),
        "{}",
        done.stderr
    );
}

#[test]
fn missing_consent_names_what_is_asked_and_who_can_give_it() {
    let place = Place::new("browser", SANDBOX_TENANT, Some(&["Policy.Read.All"]));
    let done = place.run(&["plan"], |person, line| {
        person.goes(person.accepts(address(line).as_str()).as_str());
    });
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    for word in [
        "AADSTS90094",
        "`Directory.Read.All`",
        "Global Administrator",
        "gatewright.yaml:9",
    ] {
        assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
    }
    let place = Place::new("browser", SANDBOX_TENANT, None);
    let done = place.run(&["plan"], |person, line| {
        let page = address(line);
        let back = person.presses(page.as_str(), &[("do", "cancel")]).unwrap();
        person.goes(back.as_str());
    });
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(done.stderr.contains("AADSTS65004"), "{}", done.stderr);
}

/// The code in a line.
fn code(line: &str) -> String {
    let (_, rest) = line.split_once("the code ").unwrap();
    rest.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_code_serves_on_another_device() {
    let place = Place::new("deviceCode", SANDBOX_TENANT, None);
    let done = place.run(&["auth", "whoami"], |person, line| {
        let page = address(line);
        let typed = code(line);
        let wrong = [("otc", "WRONG"), ("login", ADELE), ("do", "accept")];
        let text = person.presses(page.as_str(), &wrong).unwrap_err();
        assert!(text.contains("didn&#39;t work"), "{text}");
        let right = [("otc", typed.as_str()), ("login", ADELE), ("do", "accept")];
        let text = person.presses(page.as_str(), &right).unwrap_err();
        assert!(text.contains("You have signed in"), "{text}");
    });
    assert_eq!(done.code, Some(0), "{}{}", done.stdout, done.stderr);
    assert!(done.stdout.contains("Method       deviceCode"));
    assert!(done.stdout.contains(ADELE), "{}", done.stdout);
}

#[test]
fn a_code_that_is_declined_ends_the_sign_in() {
    let place = Place::new("deviceCode", SANDBOX_TENANT, None);
    let done = place.run(&["plan"], |person, line| {
        let typed = code(line);
        let cancel = [("otc", typed.as_str()), ("do", "cancel")];
        person.presses(address(line).as_str(), &cancel).unwrap_err();
    });
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(done.stderr.contains("AADSTS65004"), "{}", done.stderr);
}

#[test]
fn what_is_kept_asks_nobody_until_it_is_forgotten() {
    let place = Place::new("browser", SANDBOX_TENANT, None);
    let accept = |person: &Person, line: &str| {
        person.goes(person.accepts(address(line).as_str()).as_str());
    };
    let done = place.run(&["auth", "login"], accept);
    if done.code == Some(1) {
        // A machine without a keyring: nothing is kept, and it is said.
        assert!(
            done.stderr.contains("the system's keyring"),
            "{}",
            done.stderr
        );
        return;
    }
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains(ADELE), "{}", done.stderr);
    let nobody = |_: &Person, line: &str| panic!("nobody is to be asked: {line}");
    assert_eq!(place.run(&["plan"], nobody).code, Some(0));
    // Apply needs more consent than was given: the person is asked for it.
    let mut asked = 0;
    let done = place.run(&["apply", "--yes"], |person, line| {
        asked += 1;
        accept(person, line);
    });
    assert_eq!((done.code, asked), (Some(0), 1), "{}", done.stderr);
    assert_eq!(place.run(&["plan"], nobody).code, Some(0));
    assert_eq!(place.run(&["auth", "logout"], nobody).code, Some(0));
    let mut asked = 0;
    place.run(&["plan"], |person, line| {
        asked += 1;
        accept(person, line);
    });
    assert_eq!(asked, 1);
}

#[test]
fn one_sign_in_at_home_serves_other_tenants() {
    let other = "99999999-2222-3333-4444-555555555555";
    let method = format!("browser, homeTenant: {SANDBOX_TENANT}");
    let place = Place::new(&method, other, None);
    let nobody = |_: &Person, line: &str| panic!("nobody is to be asked: {line}");
    // Of several tenants nobody is asked.
    let done = place.run(&["plan", "-t", "*"], nobody);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    let said = "nobody can be asked to sign in";
    assert!(done.stdout.contains(said), "{}", done.stdout);
    let done = place.run(&["auth", "login"], |person, line| {
        person.goes(person.accepts(address(line).as_str()).as_str());
    });
    if done.stderr.contains("the system's keyring cannot be used") {
        return;
    }
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains(SANDBOX_TENANT), "{}", done.stderr);
    // It was used for the other tenant, though the sandbox only has tokens of its own.
    let done = place.run(&["auth", "whoami"], nobody);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(
        done.stderr.contains(SANDBOX_TENANT) && done.stderr.contains(other),
        "{}",
        done.stderr
    );
    assert_eq!(place.run(&["auth", "logout"], nobody).code, Some(0));
}

#[test]
fn only_a_persons_sign_in_is_kept() {
    let place = Place::new("accessToken, env: GRAPH_TOKEN", SANDBOX_TENANT, None);
    for command in [["auth", "login"], ["auth", "logout"]] {
        let done = place.run(&command, |_, _| {});
        assert_eq!(done.code, Some(1), "{}", done.stdout);
        assert!(done.stderr.contains("method: browser"), "{}", done.stderr);
    }
}
