"""Drives the sandbox with Microsoft's own Python SDK.

The SDK gets its token from the sandbox, over TLS, through azure-identity, and goes through
the public tutorial "Identify and remediate risks" as a whole, then through named locations,
authentication strengths, groups, batches and paging.

Usage: drive.py URL CERTIFICATE CLIENT_ID CLIENT_SECRET GATEWRIGHT TENANT_FILE
"""

import asyncio
import subprocess
import sys

import httpx
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential
from kiota_abstractions.api_error import APIError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator
from msgraph.generated.identity_protection.risk_detections.risk_detections_request_builder import (
    RiskDetectionsRequestBuilder,
)
from msgraph.generated.identity_protection.risky_users.dismiss.dismiss_post_request_body import (
    DismissPostRequestBody,
)
from msgraph.generated.identity_protection.risky_users.risky_users_request_builder import (
    RiskyUsersRequestBuilder,
)
from msgraph.generated.models.authentication_method_modes import AuthenticationMethodModes
from msgraph.generated.models.authentication_strength_policy import AuthenticationStrengthPolicy
from msgraph.generated.models.conditional_access_applications import ConditionalAccessApplications
from msgraph.generated.models.conditional_access_client_app import ConditionalAccessClientApp
from msgraph.generated.models.conditional_access_condition_set import ConditionalAccessConditionSet
from msgraph.generated.models.conditional_access_grant_control import ConditionalAccessGrantControl
from msgraph.generated.models.conditional_access_grant_controls import ConditionalAccessGrantControls
from msgraph.generated.models.conditional_access_locations import ConditionalAccessLocations
from msgraph.generated.models.conditional_access_policy import ConditionalAccessPolicy
from msgraph.generated.models.conditional_access_policy_state import ConditionalAccessPolicyState
from msgraph.generated.models.conditional_access_users import ConditionalAccessUsers
from msgraph.generated.models.country_named_location import CountryNamedLocation
from msgraph.generated.models.group import Group
from msgraph.generated.models.i_pv4_cidr_range import IPv4CidrRange
from msgraph.generated.models.ip_named_location import IpNamedLocation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.password_profile import PasswordProfile
from msgraph.generated.models.reference_create import ReferenceCreate
from msgraph.generated.models.risk_level import RiskLevel
from msgraph.generated.models.risk_state import RiskState
from msgraph.generated.models.user import User
from msgraph.generated.policies.authentication_strength_policies.item.update_allowed_combinations.update_allowed_combinations_post_request_body import (
    UpdateAllowedCombinationsPostRequestBody,
)
from msgraph.generated.users.users_request_builder import UsersRequestBuilder

TENANT = "6f1d2c3b-8a47-4e5d-9b60-31c7f0a2d58e"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


def with_query(builder, **options):
    """A request configuration with these query options."""
    names = [n for n in dir(builder) if n.endswith("GetQueryParameters")]
    parameters = getattr(builder, names[0])(**options)
    return RequestConfiguration(query_parameters=parameters)


async def refused(awaitable, status, code):
    """The message of an answer that has to be an error."""
    try:
        await awaitable
    except APIError as error:
        assert error.response_status_code == status, error
        assert isinstance(error, ODataError), type(error)
        assert error.error.code == code, error.error.code
        return error.error.message
    raise AssertionError(f"{status} was expected")


def policy_for(user_id, name, control):
    return ConditionalAccessPolicy(
        display_name=name,
        state=ConditionalAccessPolicyState.Enabled,
        conditions=ConditionalAccessConditionSet(
            sign_in_risk_levels=[RiskLevel.High, RiskLevel.Medium],
            applications=ConditionalAccessApplications(include_applications=["All"]),
            users=ConditionalAccessUsers(include_users=[user_id]),
        ),
        grant_controls=ConditionalAccessGrantControls(
            operator="OR", built_in_controls=[control]
        ),
    )


async def tutorial(graph, sign_in):
    """Every step of the tutorial, in its order."""
    policies = graph.identity.conditional_access.policies
    user = await graph.users.post(
        User(
            account_enabled=True,
            display_name="MyTestUser1",
            mail_nickname="MyTestUser1",
            user_principal_name="MyTestUser1@contoso.com",
            password_profile=PasswordProfile(
                force_change_password_next_sign_in=True, password="Contoso1234"
            ),
        )
    )
    assert user.id and user.user_principal_name == "MyTestUser1@contoso.com"
    assert user.business_phones == [] and user.mail is None

    sign_in(user.user_principal_name)
    of_user = with_query(
        RiskDetectionsRequestBuilder, filter="userDisplayName eq 'MyTestUser1'"
    )
    found = (await graph.identity_protection.risk_detections.get(of_user)).value
    assert len(found) == 1, found
    assert found[0].risk_event_type == "anonymizedIPAddress"
    assert found[0].risk_level == RiskLevel.Medium and found[0].risk_state == RiskState.AtRisk
    assert found[0].location.geo_coordinates.latitude == 47.0269
    assert found[0].user_id == user.id

    mfa = await policies.post(
        policy_for(user.id, "Policy for risky sign-in", ConditionalAccessGrantControl.Mfa)
    )
    assert mfa.conditions.client_app_types == [ConditionalAccessClientApp.All]
    assert mfa.modified_date_time is None and mfa.created_date_time is not None
    assert mfa.conditions.users.exclude_roles == []
    assert mfa.grant_controls.custom_authentication_factors == []

    sign_in(user.user_principal_name, "--passed-mfa", "--ip", "185.220.101.213")
    found = (await graph.identity_protection.risk_detections.get(of_user)).value
    assert {d.risk_state for d in found} == {RiskState.AtRisk, RiskState.Remediated}

    block = await policies.post(
        policy_for(
            user.id, "Policy for risky sign-in block access", ConditionalAccessGrantControl.Block
        )
    )
    await graph.identity_protection.risky_users.dismiss.post(
        DismissPostRequestBody(user_ids=[user.id])
    )
    risky = with_query(RiskyUsersRequestBuilder, filter="userDisplayName eq 'MyTestUser1'")
    risky = (await graph.identity_protection.risky_users.get(risky)).value
    assert len(risky) == 1 and risky[0].id == user.id
    assert risky[0].risk_level == RiskLevel.None_ and risky[0].risk_state == RiskState.Dismissed

    await graph.users.by_user_id(user.id).delete()
    for policy in (mfa, block):
        await policies.by_conditional_access_policy_id(policy.id).delete()
    text = await refused(
        policies.by_conditional_access_policy_id(mfa.id).get(), 404, "ResourceNotFound"
    )
    assert mfa.id in text


async def locations(graph):
    access = graph.identity.conditional_access
    office = await access.named_locations.post(
        IpNamedLocation(
            odata_type="#microsoft.graph.ipNamedLocation",
            display_name="Head office",
            is_trusted=True,
            ip_ranges=[
                IPv4CidrRange(
                    odata_type="#microsoft.graph.iPv4CidrRange", cidr_address="203.0.113.0/24"
                )
            ],
        )
    )
    assert isinstance(office, IpNamedLocation) and office.is_trusted
    country = await access.named_locations.post(
        CountryNamedLocation(
            odata_type="#microsoft.graph.countryNamedLocation",
            display_name="Where we are",
            countries_and_regions=["DE", "NL"],
            include_unknown_countries_and_regions=False,
        )
    )
    policy = await access.policies.post(
        ConditionalAccessPolicy(
            display_name="Block elsewhere",
            state=ConditionalAccessPolicyState.Disabled,
            conditions=ConditionalAccessConditionSet(
                applications=ConditionalAccessApplications(include_applications=[EXCHANGE]),
                users=ConditionalAccessUsers(include_users=["All"]),
                locations=ConditionalAccessLocations(
                    include_locations=["All"], exclude_locations=[office.id, country.id]
                ),
            ),
            grant_controls=ConditionalAccessGrantControls(
                operator="OR", built_in_controls=[ConditionalAccessGrantControl.Block]
            ),
        )
    )
    one = access.named_locations.by_named_location_id
    await refused(one(office.id).delete(), 400, "BadRequest")
    await access.policies.by_conditional_access_policy_id(policy.id).patch(
        ConditionalAccessPolicy(state=ConditionalAccessPolicyState.EnabledForReportingButNotEnforced)
    )
    read = await access.policies.by_conditional_access_policy_id(policy.id).get()
    assert read.modified_date_time is not None
    assert set(read.conditions.locations.exclude_locations) == {office.id, country.id}
    await access.policies.by_conditional_access_policy_id(policy.id).delete()
    await one(office.id).patch(
        IpNamedLocation(odata_type="#microsoft.graph.ipNamedLocation", is_trusted=False)
    )
    for location in (office, country):
        await one(location.id).delete()


async def strengths(graph):
    strengths = graph.policies.authentication_strength_policies
    listed = (await strengths.get()).value
    assert {s.id[-4:] for s in listed} >= {"0002", "0003", "0004"}
    made = await strengths.post(
        AuthenticationStrengthPolicy(
            display_name="Keys",
            description="Security keys alone",
            allowed_combinations=[AuthenticationMethodModes.Fido2],
        )
    )
    one = strengths.by_authentication_strength_policy_id(made.id)
    result = await one.update_allowed_combinations.post(
        UpdateAllowedCombinationsPostRequestBody(
            allowed_combinations=[
                AuthenticationMethodModes.Fido2,
                AuthenticationMethodModes.X509CertificateMultiFactor,
            ]
        )
    )
    assert len(result.current_combinations) == 2 and len(result.previous_combinations) == 1
    await one.delete()
    built_in = strengths.by_authentication_strength_policy_id(
        "00000000-0000-0000-0000-000000000002"
    )
    await refused(built_in.delete(), 400, "BadRequest")


async def groups(graph):
    people = (await graph.users.get()).value
    made = await graph.groups.post(
        Group(
            display_name="SDK pilots",
            mail_enabled=False,
            mail_nickname="sdk-pilots",
            security_enabled=True,
        )
    )
    one = graph.groups.by_group_id(made.id)
    link = f"https://graph.microsoft.com/v1.0/directoryObjects/{people[0].id}"
    await one.members.ref.post(ReferenceCreate(odata_id=link))
    message = await refused(
        one.members.ref.post(ReferenceCreate(odata_id=link)), 400, "Request_BadRequest"
    )
    assert "already exist" in message
    members = (await one.members.get()).value
    assert [type(m) for m in members] == [User] and members[0].id == people[0].id
    await one.members.by_directory_object_id(people[0].id).ref.delete()
    assert (await one.members.get()).value == []
    await one.delete()


async def paging(graph, adapter):
    page = await graph.users.get(with_query(UsersRequestBuilder, top=4, select=["id"]))
    assert len(page.value) == 4 and page.odata_next_link.startswith("https://localhost:")
    seen = []

    def note(user):
        seen.append(user.id)
        return True

    await PageIterator(page, adapter).iterate(note)
    everyone = (await graph.users.get()).value
    assert sorted(seen) == sorted(u.id for u in everyone) and len(seen) > 8


async def batch(graph, adapter):
    requests = {
        "users": graph.users.to_get_request_information(),
        "none": graph.users.by_user_id("nobody@contoso.com").to_get_request_information(),
        "policies": graph.identity.conditional_access.policies.to_get_request_information(),
    }
    content = BatchRequestContent(
        {
            name: BatchRequestItem(request_information=request, id=name)
            for name, request in requests.items()
        }
    )
    answers = await graph.batch.post(batch_request_content=content)
    statuses = {name: answers.get_response_by_id(name).status for name in requests}
    assert statuses == {"users": 200, "none": 404, "policies": 200}, statuses


async def main():
    url, certificate, client_id, secret, gatewright, tenant_file = sys.argv[1:]

    def credential(word):
        return ClientSecretCredential(
            TENANT,
            client_id,
            word,
            authority=url,
            disable_instance_discovery=True,
            transport=RequestsTransport(connection_verify=certificate),
        )

    try:
        credential("wrong").get_token("https://graph.microsoft.com/.default")
    except Exception as error:
        assert "AADSTS7000215" in str(error), error
    else:
        raise AssertionError("a wrong secret got a token")

    def sign_in(user, *more):
        subprocess.run(
            [gatewright, "sandbox", "sign-in", "--file", tenant_file, "--user", user]
            + ["--risk", "medium", *more],
            check=True,
            stdout=subprocess.DEVNULL,
        )

    provider = AzureIdentityAuthenticationProvider(
        credential(secret), scopes=["https://graph.microsoft.com/.default"],
        allowed_hosts=["localhost"],
    )
    http = GraphClientFactory.create_with_default_middleware(
        client=httpx.AsyncClient(verify=certificate, timeout=30)
    )
    adapter = GraphRequestAdapter(provider, http)
    adapter.base_url = f"{url}/v1.0"
    graph = GraphServiceClient(request_adapter=adapter)
    steps = [
        ("tutorial", lambda: tutorial(graph, sign_in)),
        ("named locations", lambda: locations(graph)),
        ("strengths", lambda: strengths(graph)),
        ("groups", lambda: groups(graph)),
        ("paging", lambda: paging(graph, adapter)),
        ("batch", lambda: batch(graph, adapter)),
    ]
    for name, step in steps:
        await step()
        print(f"msgraph-sdk: {name}: ok", flush=True)


asyncio.run(main())
