//! A service that answers what no page names, echoes what it is sent, goes round in circles or
//! asks for patience: it stops what was asked, and shows no secret.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use gatewright::graph::Request;
use gatewright::graph::client::{Client, Pace};
use gatewright::graph::read::{Reader, groups_by_name};
use gatewright::graph::token::Token;
use gatewright::model::facts::Edition;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::common::Project;

const TOKEN: &str = "eyJhbGciOiJub25lIn0.the-payload-of-it.and-its-signature";
const PASSWORD: &str = "Xy7!kd#93=Qw+mZ@2vB%5rT-8";
const TENANT: &str = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e";
const ID: &str = "11111111-2222-3333-4444-555555555555";

pub type Answer = (u16, &'static str, Value);

/// Answers each request by what was asked, and keeps what that was.
pub struct Double {
    pub url: String,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Double {
    /// `answer` is given the whole request; `[here]` in a body is the address.
    pub async fn new(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, here) = (Arc::clone(&asked), url.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut buffer = [0; 65536];
                loop {
                    let n = stream.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..n]);
                    let text = String::from_utf8_lossy(&request);
                    let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                        let head = head.to_ascii_lowercase();
                        let length = head.split("content-length: ").nth(1);
                        let length = length.and_then(|l| l.lines().next()?.parse().ok());
                        body.len() >= length.unwrap_or(0_usize)
                    });
                    if n == 0 || whole {
                        break;
                    }
                }
                let request = String::from_utf8_lossy(&request).into_owned();
                let (status, headers, body) = answer(&request);
                kept.lock().unwrap().push(request);
                let body = body.to_string().replace("[here]", &here);
                let head = format!(
                    "HTTP/1.1 {status} X\r\n{headers}content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(head.as_bytes()).await;
                let _ = stream.write_all(body.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Double { url, asked }
    }

    /// These answers, in their order, and the last of them from then on.
    async fn of(answers: Vec<Value>) -> Double {
        let answers = Mutex::new(VecDeque::from(answers));
        Double::new(move |_| {
            let mut answers = answers.lock().unwrap();
            let last = answers.len() == 1;
            let answer = answers.front().cloned().unwrap();
            if !last {
                answers.pop_front();
            }
            (200, "", answer)
        })
        .await
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url, &Token::new(TOKEN), Pace::Unlimited).unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// A project whose tenant is here.
    fn project(&self) -> Project {
        let config = format!(
            "version: 1\nmanifests: [policies]\ntenants:\n  here:\n    tenantId: {TENANT}\n    graphEndpoint: {}\n    auth: {{ method: accessToken, env: TOKEN }}\n",
            self.url
        );
        let policy = "kind: Group\ndisplayName: Pilot\n";
        Project::of("a.yaml", policy)
            .file("gatewright.yaml", config)
            .env("TOKEN", TOKEN)
    }
}

fn organization() -> Value {
    json!({"value": [{"id": TENANT, "displayName": "C", "verifiedDomains": []}]})
}

#[tokio::test]
async fn a_batch_of_another_shape_is_an_error_and_never_empty() {
    let item = |status: Value, body: Value| json!({"responses": [{"id": "0", "status": status, "body": body}]});
    let list = json!({"value": [{"id": ID, "displayName": "A"}]});
    let cases = [
        (item(json!(200), json!({})), "no list"),
        (item(json!(200), Value::Null), "no list"),
        (item(json!(200), json!({"value": null})), "no list"),
        (
            item(json!(200), json!({"error": {"code": "x"}, "value": []})),
            "an error",
        ),
        (
            item(json!(200), json!({"value": [], "@odata.nextLink": 5})),
            "not a URL",
        ),
        (item(json!(65736), list.clone()), "invalid status"),
        (item(json!(0), list.clone()), "invalid status"),
        (item(json!(999), list.clone()), "invalid status"),
        (item(json!("200"), list.clone()), "invalid status"),
        (json!({"responses": {}}), "no list of answers"),
        (json!({}), "no list of answers"),
        (
            json!({"responses": [{"id": "7", "status": 200, "body": list}]}),
            "a request that was not sent",
        ),
        (
            json!({"responses": [{"id": "0", "status": 200, "body": list}, {"id": "0", "status": 200, "body": list}]}),
            "twice",
        ),
    ];
    for (answer, problem) in cases {
        let double = Double::of(vec![answer.clone()]).await;
        let client = double.client();
        let paths = groups_by_name(&["A".to_owned()]);
        let found = Reader::new(&client).many(Edition::V1, &paths).await;
        let error = match found {
            Err(error) => error.to_string(),
            Ok(answers) => answers[0].as_ref().unwrap_err().to_string(),
        };
        assert!(error.contains(problem), "{answer}: {error}");
    }
    let double = Double::of(vec![json!({"values": []})]).await;
    let client = double.client();
    let found = Reader::new(&client).by_ids(&[ID.to_owned()], &[]).await;
    assert!(found.unwrap_err().to_string().contains("no list"));
}

/// What looks like an empty tenant would be created again.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_ends_where_the_list_of_policies_is_no_list() {
    for (answer, problem) in [
        (
            json!({"error": {"code": "x"}, "value": []}),
            "it holds an error",
        ),
        (json!({"value": [], "@odata.nextLink": {}}), "not a URL"),
        (
            json!({"value": [{"id": "../../../users/victim"}]}),
            "is not an id",
        ),
        (json!({"value": [{"id": "\u{1b}[2Jx"}]}), "is not an id"),
    ] {
        let double = Double::new(move |request| match request {
            r if r.contains("/organization") && !r.contains("$batch") => (200, "", organization()),
            r if r.contains("/conditionalAccess/policies") => (200, "", answer.clone()),
            r if r.contains("$batch") => (200, "", json!({"responses": [{"id": "0", "status": 200, "body": organization()}, {"id": "1", "status": 200, "body": {"value": []}}]})),
            _ => (200, "", json!({"value": []})),
        })
        .await;
        let ran = double.project().run(&["plan"]);
        assert_eq!(ran.code, Some(1), "{}", ran.snapshot());
        assert!(ran.stderr.contains(problem), "{}", ran.snapshot());
        assert!(!ran.snapshot().contains('\u{1b}'), "{}", ran.snapshot());
        let asked = double.asked.lock().unwrap();
        let writes = |r: &&String| !r.starts_with("GET") && !r.contains("$batch");
        assert_eq!(asked.iter().filter(writes).count(), 0);
    }
}

#[tokio::test]
async fn pages_that_go_round_end_at_once() {
    let page = |ids: &[&str], next: &str| {
        let items: Vec<Value> = ids.iter().map(|_| json!({"id": ID})).collect();
        json!({"value": items, "@odata.nextLink": format!("[here]/v1.0/groups?$select=id&$skiptoken={next}")})
    };
    for (answers, most, problem) in [
        (vec![page(&["a"], "x")], 2, "form a loop"),
        (
            vec![page(&["a"], "x"), page(&["b"], "y"), page(&["c"], "x")],
            3,
            "form a loop",
        ),
        (
            (0..20).map(|n| page(&[], &n.to_string())).collect(),
            11,
            "11 pages in a row are empty",
        ),
    ] {
        let double = Double::of(answers).await;
        let client = double.client().with_unlisted();
        let error = client.list(Edition::V1, "/groups").await.unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(double.asked(), most);
    }
    // Pages may be empty in the middle, several in a row as well.
    let end = json!({"value": [{"id": ID}]});
    let pages = vec![page(&["a"], "x"), page(&[], "y"), page(&[], "z"), end];
    let double = Double::of(pages).await;
    let client = double.client().with_unlisted();
    assert_eq!(client.list(Edition::V1, "/groups").await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_echo_shows_neither_token_nor_password() {
    let user = json!({"displayName": "A", "userPrincipalName": "a@b.c", "mailNickname": "a", "accountEnabled": true,
        "employeeType": "GatewrightTestUser", "passwordProfile": {"password": PASSWORD, "forceChangePasswordNextSignIn": true}});
    let request = Request::post(Edition::V1, "/users", user);
    for status in [201, 400, 502] {
        let double = Double::new(move |request| {
            let body = request.split("\r\n\r\n").nth(1).unwrap();
            let sent: Value = serde_json::from_str(body).unwrap();
            let said = json!({"id": ID, "echo": request, "sent": sent});
            let error = json!({"error": {"code": request, "message": request, "innerError": {"request-id": TOKEN},
                "details": [{"message": request}]}});
            (status, "request-id: eyJhbGciOiJub25lIn0.the-payload-of-it.and-its-signature\r\n", if status == 201 { said } else { error })
        })
        .await;
        let shown = match double.client().send(&request).await {
            Ok(value) => value.to_string(),
            Err(error) => format!("{error} {error:?}"),
        };
        assert!(shown.contains("GatewrightTestUser"), "no echo: {shown}");
        for secret in [TOKEN, PASSWORD, "the-payload-of-it"] {
            assert!(!shown.contains(secret), "{status}: {shown}");
        }
        let kept = double.asked.lock().unwrap()[0].clone();
        assert!(kept.contains(TOKEN) && kept.contains(PASSWORD));
    }
}

#[tokio::test]
async fn more_patience_than_the_limit_is_refused_and_said() {
    for header in [
        "retry-after: 3600\r\n",
        "date: Thu, 26 Nov 2026 10:00:00 GMT\r\nretry-after: Thu, 26 Nov 2026 11:00:00 GMT\r\n",
    ] {
        let error = json!({"error": {"code": "TooManyRequests", "message": "Too many requests."}});
        let double = Double::new(move |_| (429, header, error.clone())).await;
        let client = double.client();
        let error = Reader::new(&client)
            .policies(Edition::V1)
            .await
            .unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("asks to wait 60 min") && said.contains("at most 10 min"),
            "{said}"
        );
        assert_eq!(double.asked(), 1);
    }
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_not_sent() {
    let double = Double::of(vec![json!({"value": []})]).await;
    let client = double.client().with_unlisted();
    for path in [
        "/groups/../users/x",
        "/groups/%2e%2e/users/x",
        "/a/../../v1.0/users/x",
        "/groups\\x",
        "/groups#x",
        "/groups/a b",
    ] {
        let sent = client.send(&Request::delete(Edition::V1, path)).await;
        assert!(sent.is_err(), "{path}");
        let paths = [path.to_owned()];
        assert!(
            client.batch_get(Edition::V1, &paths).await.is_err(),
            "{path}"
        );
    }
    assert_eq!(double.asked(), 0);
}
