//! `user`, as far as a test user needs it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{List, read_only};

/// The mark that gatewright puts on the users it creates. A user without it is never
/// changed and never deleted.
pub const TEST_USER_MARK: &str = "GatewrightTestUser";

/// A test user. gatewright marks the users that it creates (`employeeType:
/// GatewrightTestUser`) and never touches any other.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-graph-type" = "user", "x-graph-subset" = true, "required" = ["displayName", "userPrincipalName"]))]
pub struct TestUser {
    /// Pins the live object. Without it the user is found by its principal name.
    pub id: Option<String>,
    /// The name that administrators see.
    #[schemars(length(min = 1, max = 256))]
    pub display_name: String,
    /// The sign-in name. Without `@` the tenant's default domain is added.
    #[schemars(length(min = 1))]
    pub user_principal_name: String,
    /// The mail nickname. Default: the part of the principal name before the `@`.
    pub mail_nickname: Option<String>,
    /// Whether the user can sign in. Default: true.
    pub account_enabled: Option<bool>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub surname: Option<String>,
    /// The job title.
    pub job_title: Option<String>,
    /// The department.
    pub department: Option<String>,
    /// The company.
    pub company_name: Option<String>,
    /// The office.
    pub office_location: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The two-letter country code for licences.
    #[schemars(regex(pattern = r"^[A-Z]{2}$"))]
    pub usage_location: Option<String>,
    /// The preferred language, such as `en-US`.
    pub preferred_language: Option<String>,
    /// The mobile phone number.
    pub mobile_phone: Option<String>,
    /// The employee number.
    pub employee_id: Option<String>,
    /// The mark. Always `GatewrightTestUser`.
    #[schemars(transform = read_only)]
    pub employee_type: Option<String>,
    /// Names or ids of groups that the user is a member of. When listed, the user leaves
    /// those of the project's groups that are not named; other memberships stay.
    pub member_of: Option<List<String>>,
    /// When the user was created. Set by the service.
    #[schemars(transform = read_only)]
    pub created_date_time: Option<String>,
    /// When the user was deleted. Set by the service.
    #[schemars(transform = read_only)]
    pub deleted_date_time: Option<String>,
}

impl TestUser {
    /// True when the user bears gatewright's mark.
    pub fn is_marked(&self) -> bool {
        self.employee_type.as_deref() == Some(TEST_USER_MARK)
    }
}
