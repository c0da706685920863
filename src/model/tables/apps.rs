//! Well-known applications of Microsoft itself, by app id (client id).
//!
//! A policy names applications by app id, which for Microsoft's own applications is the same in
//! every tenant. Facts (ids and names) from "Verify first-party Microsoft applications in sign-in
//! reports", the Conditional Access documentation (target resources, Global Secure Access, Azure
//! Virtual Desktop, Security Copilot, subscription activation, Defender on mobile devices), the
//! Power Platform list "Commonly used Microsoft first-party services and portal apps", and public
//! listings of the service principals that Graph shows as owned by Microsoft. The ids were compared
//! with a second public listing wherever one exists.
//!
//! # Caveats
//! - Display names vary between tenants: a service principal keeps the name it was created with.
//!   `APP_ALIASES` holds the better known variants.
//! - Some entries are clients (mobile apps, command line tools). The service evaluates a policy for
//!   the resource that is called, so naming such a client in a policy has little or no effect.
//! - `Microsoft Graph` is listed to show its name; it cannot be targeted on its own.
//! - The two applications that call themselves "Azure VPN" differ in who registered them; the one
//!   Microsoft registered carries a suffix of ours to keep names unique.
//! - Applications whose name several ids share (for example "Microsoft To-Do") are left out, and so
//!   is the one called "Office 365", which would be taken for the special value `Office365`.

/// An application that Microsoft publishes in every tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstPartyApp {
    /// App id (client id), lower case.
    pub app_id: &'static str,
    /// Usual display name.
    pub name: &'static str,
}

const fn app(name: &'static str, app_id: &'static str) -> FirstPartyApp {
    FirstPartyApp { app_id, name }
}

/// Well-known first-party applications, sorted by name without regard to case.
#[rustfmt::skip] // one entry, one line
pub const FIRST_PARTY_APPS: &[FirstPartyApp] = &[
    app("AAD Terms Of Use", "d52792f4-ba38-424d-8140-ada5b883f293"),
    app("AADReporting", "1b912ec3-a9dd-4c4d-a53e-76aa7adb28d7"),
    app("Accounts Control UI", "a40d7d7d-59aa-447e-a655-679a4107e548"),
    app("AD Hybrid Health", "6ea8091b-151d-447a-9013-6845b83ba57b"),
    app("ADIbizaUX", "74658136-14ec-4630-ad9b-26e160ff0fc6"),
    app("All internet resources with Global Secure Access", "5dc48733-b5df-475c-a49b-fa307ef00853"),
    app("All private resources with Global Secure Access", "e92b9b37-1b47-4c01-9fbc-91d84450870e"),
    app("Application Insights API", "f5c26e74-f226-4ae8-85f0-b4af0080ac9e"),
    app("Augmentation Loop", "4354e225-50c9-4423-9ece-2d5afd904870"),
    app("Azure Active Directory Authentication Extensions", "99045fe1-7639-4a75-9d4a-577b6ca3810f"),
    app("Azure Active Directory PowerShell", "1b730954-1685-4b74-9bfd-dac224a7b894"),
    app("Azure AD Application Proxy", "47ee738b-3f1a-4fc7-ab11-37e4822b007e"),
    app("Azure AD Application Proxy Connector", "55747057-9b5d-4bd4-b387-abf52a8bd489"),
    app("Azure AD Identity Governance", "bf26f092-3426-4a99-abfb-97dad74e661a"),
    app("Azure AD Identity Governance - Entitlement Management", "810dcf14-1858-4bf2-8134-4c369fa3235b"),
    app("Azure AD Identity Protection", "fc68d9e5-1f76-45ef-99aa-214805418498"),
    app("Azure Advanced Threat Protection", "7b7531ad-5926-4f2d-8a1d-38495ad33e17"),
    app("Azure Advisor", "c39c9bac-9d1f-4dfb-aa29-27f6365e5cb7"),
    app("Azure Analysis Services", "4ac7d521-0382-477b-b0f8-7e1d95f85ca2"),
    app("Azure API Management", "8602e328-9b72-4f2d-a4ae-1387d013a2b3"),
    app("Azure Bastion", "79d7fb34-4bef-4417-8184-ff713af7a679"),
    app("Azure Cloud Shell", "2233b157-f44d-4812-b777-036cdaf9a96e"),
    app("Azure Container Registry", "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26"),
    app("Azure Cosmos DB", "a232010e-820c-4083-83bb-3ace5fc29d0b"),
    app("Azure Credential Configuration Endpoint Service", "ea890292-c8c8-4433-b5ea-b09d0668e1a6"),
    app("Azure Data Explorer", "2746ea77-4702-4b45-80ca-3c97e680e8b7"),
    app("Azure Data Lake", "e9f49c6b-5ce5-44c8-925d-015017e9f7ad"),
    app("Azure DevOps", "499b84ac-1321-427f-aa17-267ca6975798"),
    app("Azure ESTS Service", "00000001-0000-0000-c000-000000000000"),
    app("Azure Government Cloud Management API", "40a69793-8fe6-4db1-9591-dbc5c57b17d8"),
    app("Azure Information Protection", "5b20c633-9a48-4a5f-95f6-dae91879051f"),
    app("Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"),
    app("Azure Kubernetes Service AAD Server", "6dae42f8-4368-4678-94ff-3960e28e3630"),
    app("Azure Linux VM Sign-In", "ce6ff14a-7fdc-4685-bbe0-f6afdfcfa8e0"),
    app("Azure Logic Apps", "7cd684f4-8a78-49b0-91ec-6a35d38739ba"),
    app("Azure Machine Learning", "0736f41a-0425-4b46-bdb5-1563eff02385"),
    app("Azure Machine Learning Services", "18a66f5f-dbdf-4c17-9dd7-1634712a9cbe"),
    app("Azure Multi-Factor Auth Client", "981f26a1-7f43-403b-a875-f8b09b8cd720"),
    app("Azure Multi-Factor Auth Connector", "1f5530b3-261a-47a9-b357-ded261e17918"),
    app("Azure OSSRDBMS Database", "123cd850-d9df-40bd-94d5-c9f07b7fa203"),
    app("Azure Portal", "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"),
    app("Azure Purview", "73c2949e-da2d-457a-9607-fcc665198967"),
    app("Azure Resource Graph", "509e4652-da8d-478d-a730-e9d4a1996ca4"),
    app("Azure Security Insights", "98785600-1bb7-4fb9-b9fa-19afe2c8a360"),
    app("Azure SQL Database", "022907d3-0f1b-48f7-badc-1ba6abab6d66"),
    app("Azure Storage", "e406a681-f3d4-42a8-90b6-c2b029497af1"),
    app("Azure Synapse Studio", "ec52d13d-2e85-410e-a89a-8c79fb6a32ac"),
    app("Azure Virtual Desktop", "9cdead84-a844-4324-93f2-b2e6bb768d07"),
    app("Azure Virtual Desktop ARM Provider", "50e95039-b200-4007-bc97-8d5790743a63"),
    app("Azure Virtual Desktop Client", "a85cf173-4192-42f8-81fa-777a763e6e2c"),
    app("Azure VPN", "41b23e61-6c1e-4545-b367-cd054e0ed4b4"),
    app("Azure VPN (Microsoft-registered)", "c632b3df-fb67-4d84-bdcf-b95ad541b5c8"),
    app("Azure Windows VM Sign-In", "372140e0-b3b7-4226-8ef9-d57986796201"),
    app("AzureDatabricks", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"),
    app("AzureSupportCenter", "37182072-3c9c-4f6a-a4b3-b3f91cacffce"),
    app("Bing", "9ea1ad79-fdb6-4f9a-8bc3-2b70f96e34c7"),
    app("CPIM Service", "bb2a2e3a-c5e7-4f0a-88e0-8e01fd3fc1f4"),
    app("Dataverse", "00000007-0000-0000-c000-000000000000"),
    app("Device Management Client", "de50c81f-5f80-4771-b66b-cebd28ccdfc1"),
    app("Device Registration Service", "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9"),
    app("Dynamics 365 Business Central", "996def3d-b36c-4153-8607-a6fd3c01b89f"),
    app("Dynamics CRM Online Administration", "637fcc9f-4a9b-4aaa-8713-a2a3cfda1505"),
    app("Dynamics Data Integration", "2e49aa60-1bd3-43b6-8ab6-03ada3d9f08b"),
    app("Dynamics Lifecycle services", "913c6de4-2a4a-4a61-a9ce-945d2b2ce2e0"),
    app("Enterprise Copilot Platform", "fb8d773d-7ef8-4ec0-a117-179f88add510"),
    app("Enterprise Roaming and Backup", "60c8bde5-3167-4f92-8fdb-059f6176dc0f"),
    app("Exchange Admin Center", "497effe9-df71-4043-a8bb-14cf78c4b63b"),
    app("Exchange Rbac", "789e8929-0390-42a2-8934-0f9dafb8ec89"),
    app("FindTime", "f5eaa862-7f08-448c-9c4e-f4047d4d4521"),
    app("Global Secure Access Client", "cde6adac-58fd-4b78-8d6d-9beaf1b0d668"),
    app("Graph Explorer", "de8bc8b5-d9f9-48b1-a8ad-b748da725064"),
    app("Intune Remote Help", "7e9f2fca-0cd8-4a6c-a1a0-7ffe48aec7c6"),
    app("Lifecycle Workflows", "ce79fdc4-cd1d-4ea5-8139-e74d7dbe0bb7"),
    app("Log Analytics API", "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5"),
    app("M365 Admin Services", "6b91db1b-f05b-405a-a0b2-e3f60b28d645"),
    app("M365 License Manager", "aeb86249-8ea3-49e2-900b-54cc8e308f85"),
    app("M365 Lighthouse Service", "d9d5c99e-b0b4-4bad-92cc-5a6eb5421985"),
    app("M365ChatClient", "c0ab8ce9-e9a0-42e7-b064-33d422df41f1"),
    app("make.powerapps.com", "a8f7a65c-f5ba-4859-b2d6-df772c264e9d"),
    app("Message Recall", "0e90d0b8-039a-4936-a6f4-d25dd510be5d"),
    app("Microsoft 365 Security and Compliance Center", "80ccca67-54bd-44ab-8625-4b79c4dc7775"),
    app("Microsoft 365 Support Service", "ee272b19-4411-433f-8f28-5c13cb6fd407"),
    app("Microsoft App Access Panel", "0000000c-0000-0000-c000-000000000000"),
    app("Microsoft apps with Global Secure Access", "c08f52c9-8f03-4558-a0ea-9a4c878cf343"),
    app("Microsoft Authentication Broker", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
    app("Microsoft Authenticator App", "4813382a-8fa7-425e-ab75-3b753aab3abb"),
    app("Microsoft Azure Active Directory Connect", "cb1056e2-e479-49de-ae31-7812af012ed8"),
    app("Microsoft Azure App Service", "abfa0a7c-a6b6-4736-8310-5855508787cd"),
    app("Microsoft Azure Batch", "ddbf3205-c6bd-46ae-8127-60eb93363864"),
    app("Microsoft Azure CLI", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
    app("Microsoft Azure PowerShell", "1950a258-227b-4e31-a9cf-717495945fc2"),
    app("Microsoft Azure Synapse Gateway", "1ac05c7e-12d2-4605-bf9d-549d7041c6b3"),
    app("Microsoft Bing Search", "cf36b471-5b44-428c-9ce7-313bf84528de"),
    app("Microsoft Cloud App Security", "05a65629-4c1b-48c1-a78b-804c4abdd4af"),
    app("Microsoft Cognitive Services", "7d312290-28c8-473c-a0ed-8e53749b6d6d"),
    app("Microsoft Defender for Cloud Apps", "3090ab82-f1c1-4cdf-af2c-5d7a6f3e2cc7"),
    app("Microsoft Defender for Cloud Apps - Session Controls", "8a0c2593-9cbc-4f86-a247-beb7aab00d83"),
    app("Microsoft Defender for Mobile", "dd47d17a-3194-4d86-bfd5-c6ae6f5651e3"),
    app("Microsoft Defender for Mobile TVM", "e724aa31-0f56-4018-b8be-f8cb82ca1196"),
    app("Microsoft Defender Platform", "cab96880-db5b-4e15-90a7-f3f1d62ffe39"),
    app("Microsoft Device Management Checkin", "ca0a114d-6fbc-46b3-90fa-2ec954794ddb"),
    app("Microsoft Device Management Enrollment", "709110f7-976e-4284-8851-b537e9bcb187"),
    app("Microsoft Device Registration Client", "dd762716-544d-4aeb-a526-687b73838a22"),
    app("Microsoft Docs", "18fbca16-2224-45f6-85b0-f7bf2b39b3f3"),
    app("Microsoft Dynamics 365 Apps Integration", "44a02aaa-7145-4925-9dcd-79e6e1b94eff"),
    app("Microsoft Dynamics ERP", "00000015-0000-0000-c000-000000000000"),
    app("Microsoft Exchange Online Protection", "00000007-0000-0ff1-ce00-000000000000"),
    app("Microsoft Exchange Online Remote PowerShell", "a0c73c16-a7e3-4564-9a95-2bdf47383716"),
    app("Microsoft Exchange REST API Based Powershell", "fb78d390-0c51-40cd-8e17-fdbfab77341b"),
    app("Microsoft Exchange Web Services", "47629505-c2b6-4a80-adb1-9b3a3d233b7b"),
    app("Microsoft Flow Portal", "6204c1d1-4712-4c46-a7d9-3ed63d992682"),
    app("Microsoft Flow Service", "7df0a125-d3be-4c96-aa54-591f83ff541c"),
    app("Microsoft Forms", "c9a559d2-7aab-4f13-a6ed-e7e9c52aec87"),
    app("Microsoft Forms Pro", "19dd5b37-d116-48cb-90d2-4aa56696cba1"),
    app("Microsoft Forms Web", "5f00fd34-f302-417f-81ef-1adda179d8fd"),
    app("Microsoft Graph", "00000003-0000-0000-c000-000000000000"),
    app("Microsoft Graph Change Tracking", "0bf30f3b-4a52-48df-9a82-234910c4a086"),
    app("Microsoft Graph Command Line Tools", "14d82eec-204b-4c2f-b7e8-296a70dab67e"),
    app("Microsoft Information Protection API", "40775b29-2688-46b6-a3b5-b256bd04df9f"),
    app("Microsoft Information Protection Sync Service", "870c4f2e-85b6-4d43-bdda-6ed9a579b725"),
    app("Microsoft Intune", "0000000a-0000-0000-c000-000000000000"),
    app("Microsoft Intune API", "c161e42e-d4df-4a3d-9b42-e7a3c31f59d4"),
    app("Microsoft Intune Checkin", "26a4ae64-5862-427f-a9b0-044e62572a4f"),
    app("Microsoft Intune Company Portal", "9ba1a5c7-f17a-4de9-a1f1-6178c8d51223"),
    app("Microsoft Intune Company Portal for Linux", "b743a22d-6705-4147-8670-d92fa515ee2b"),
    app("Microsoft Intune Enrollment", "d4ebce55-015a-49b5-a083-c84d1797ae8c"),
    app("Microsoft Intune IW Service", "b8066b99-6e67-41be-abfa-75db1a2c8809"),
    app("Microsoft Intune portal extension", "5926fc8e-304e-4f59-8bed-58ca97cc39a4"),
    app("Microsoft Intune PowerShell", "d1ddf0e4-d672-4dae-b554-9d5bdfd93547"),
    app("Microsoft Intune Service Discovery", "9cb77803-d937-493e-9a3b-4b49de3f5a74"),
    app("Microsoft Intune Web Company Portal", "74bcdadc-2fdc-4bb3-8459-76d06952a0e9"),
    app("Microsoft Intune Windows Agent", "fc0f3af4-6835-4174-b806-f7db311fd2f3"),
    app("Microsoft Invitation Acceptance Portal", "4660504c-45b3-4674-a709-71951a6b0763"),
    app("Microsoft Loop App", "a187e399-0c36-4b98-8f04-1edc167a0996"),
    app("Microsoft Managed Policy Manager", "87e86b91-9ae3-4679-b68a-471fe50be746"),
    app("Microsoft Mobile Application Management", "0a5f63c0-b750-4f38-a71c-4fc0d58b89e2"),
    app("Microsoft Office", "d3590ed6-52b3-4102-aeff-aad2292ab01c"),
    app("Microsoft Office 365 Portal", "00000006-0000-0ff1-ce00-000000000000"),
    app("Microsoft Outlook", "5d661950-3475-41cd-a2c3-d671a3162bc1"),
    app("Microsoft Partner", "4990cffe-04e8-4e8b-808a-1175604b879f"),
    app("Microsoft Partner Center", "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"),
    app("Microsoft password reset service", "93625bc8-bfe2-437a-97e0-3d0060024faa"),
    app("Microsoft Planner Client", "75f31797-37c9-498e-8dc9-53c16a36afca"),
    app("Microsoft Power BI", "871c010f-5e61-4fb1-83ac-98610a7e9110"),
    app("Microsoft Power Query", "f3b07414-6bf4-46e6-b63f-56941f3f4128"),
    app("Microsoft Power Query for Excel", "a672d62c-fc7b-4e81-a576-e60dc46e951d"),
    app("Microsoft Purview Platform", "fd642066-7bfc-4b65-9463-6a08841c12f0"),
    app("Microsoft Remote Desktop", "a4a365df-50f1-4397-bc59-1a1564b8bb9c"),
    app("Microsoft Rights Management Services", "00000012-0000-0000-c000-000000000000"),
    app("Microsoft Service Trust", "d6fdaa33-e821-4211-83d0-cf74736489e1"),
    app("Microsoft SharePoint Online - SharePoint Home", "dcad865d-9257-4521-ad4d-bae3e137b345"),
    app("Microsoft SharePoint Online Management Shell", "9bc3ab49-b65d-410a-85ad-de819febfddc"),
    app("Microsoft Stream Portal", "cf53fce8-def6-4aeb-8d30-b158e7b1cf83"),
    app("Microsoft Stream Service", "2634dd23-5e5a-431c-81ca-11710d9079f4"),
    app("Microsoft Teams", "1fec8e78-bce4-4aaf-ab1b-5451cc387264"),
    app("Microsoft Teams - Device Admin Agent", "87749df4-7ccf-48f8-aa87-704bad0e0e16"),
    app("Microsoft Teams Admin Portal Service", "2ddfbe71-ed12-4123-b99b-d5fc8a062a79"),
    app("Microsoft Teams Services", "cc15fd57-2c6c-4117-a88c-83b1d56b4bbe"),
    app("Microsoft Teams Shifts", "aa580612-c342-4ace-9055-8edee43ccb89"),
    app("Microsoft Teams Web Client", "5e3ce6c0-2b1f-4285-8d4b-75ee78787346"),
    app("Microsoft Threat Protection", "8ee8fdad-f234-4243-8f3b-15c294843740"),
    app("Microsoft To-Do client", "22098786-6e16-43cc-a27d-191a01a1e3b5"),
    app("Microsoft Tunnel Gateway", "3678c9e9-9681-447a-974d-d19f668fcd88"),
    app("Microsoft Viva Insights", "71a7c376-13e6-4100-968e-92ce98c5d3d2"),
    app("Microsoft Whiteboard Client", "57336123-6e14-4acc-8dcf-287b6088aa28"),
    app("Microsoft Whiteboard Services", "95de633a-083e-42f5-b444-a4295d8e9314"),
    app("Microsoft Windows AutoPilot Service API", "cbfda01c-c883-45aa-aedc-e7a484615620"),
    app("Microsoft.Azure.SyncFabric", "00000014-0000-0000-c000-000000000000"),
    app("Microsoft.EventGrid", "4962773b-9cdb-44cf-a8bf-237846a00ab7"),
    app("Microsoft.EventHubs", "80369ed6-5f11-4dd9-bef3-692475845e77"),
    app("Microsoft.ServiceBus", "80a10ef9-8168-493d-abf9-3297c4ef6e3c"),
    app("Microsoft_AAD_UsersAndTenants", "f9885e6e-6f74-46b3-b595-350157a27541"),
    app("Microsoft_Azure_PIMCommon", "50aaa389-5a33-4f1a-91d7-2c45ecd8dac8"),
    app("MicrosoftAzureActiveAuthn", "0000001a-0000-0000-c000-000000000000"),
    app("MicrosoftDefenderATP XPlat", "a0e84e36-b067-4d5c-ab4a-3db38e598ae2"),
    app("MS Teams Powershell Cmdlets", "12128f48-ec9e-42f0-b203-ea49fb6af367"),
    app("MS-PIM", "01fc33a7-78ba-4d2f-a4b7-768e336e890e"),
    app("My Apps", "2793995e-0a7d-40d7-bd35-6968ba142197"),
    app("My Profile", "8c59ead7-d703-4a27-9e55-c96a0054c8d2"),
    app("My Signins", "19db86c3-b2b9-44cc-b339-36da233a3be2"),
    app("My Staff", "ba9ff945-a723-4ab5-a977-bd8c9044fe61"),
    app("O365 Suite UX", "4345a7b9-9a63-4910-a426-35363201d503"),
    app("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
    app("Office 365 Information Protection", "2f3f02c9-5679-4a5c-a605-0de55b07d135"),
    app("Office 365 Management", "00b41c95-dab0-4487-9791-b9d2c32c80f2"),
    app("Office 365 Management APIs", "c5393580-f805-4401-95e8-94b7a6ef2fc2"),
    app("Office 365 Search Service", "66a88757-258c-4c72-893c-3e8bed4d6899"),
    app("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"),
    app("Office Delve", "94c63fef-13a3-47bc-8074-75af8c65887a"),
    app("Office Online Service LEGACY", "67e3df25-268a-4324-a550-0de1c7f97287"),
    app("Office.com", "4b233688-031c-404b-9a80-a4f3f2351f90"),
    app("Office365 Shell WCSS-Client", "89bee1f7-5e6e-4d8a-9f3d-ecd601259da7"),
    app("OfficeClientService", "0f698dd4-f011-4d23-a33e-b36416dcb1e6"),
    app("OfficeHome", "4765445b-32c6-49b0-83e6-1d93765276ca"),
    app("One Outlook Web", "9199bf20-a13f-4107-85dc-02114787ef48"),
    app("OneDrive", "b26aadf8-566f-4478-926f-589f601d9c74"),
    app("OneDrive iOS App", "af124e86-4e96-495a-b70a-90f90ab96707"),
    app("OneDrive SyncEngine", "ab9b8c07-8f02-4f72-87fa-80105867a763"),
    app("OneDrive Web", "33be1cef-03fb-444b-8fd3-08ca1b4d803f"),
    app("OneNote", "2d4d3d8e-2be3-4bef-9f87-7875a61c29de"),
    app("Outlook Lite", "e9b154d0-7658-433b-bb25-6b8e0a8a7c59"),
    app("Outlook Mobile", "27922004-5251-4030-b22d-91ecd9a37ea4"),
    app("Outlook Online Add-in App", "bc59ab01-8403-45c6-8796-ac3ef710b3e3"),
    app("Portfolios", "f53895d3-095d-408f-8e93-8f94b391404e"),
    app("Power Automate Desktop", "ee90a17f-1cb7-4909-be27-dfc2dcc4dc15"),
    app("Power Automate Desktop For Windows", "386ce8c0-7421-48c9-a1df-2a532400339f"),
    app("Power BI Desktop", "7f67af8a-fedc-4b08-8b4e-37c4d127b6cf"),
    app("Power BI Gateway", "ea0616ba-638b-4df5-95b9-636659ae5121"),
    app("Power BI Premium", "cb4dc29f-0bf4-402a-8b30-7511498ed654"),
    app("Power BI Service", "00000009-0000-0000-c000-000000000000"),
    app("Power Platform Admin Center", "065d9450-1e87-434e-ac2f-69af271549ed"),
    app("Power Platform API", "8578e004-a5c6-46e7-913e-12f58912df43"),
    app("Power Platform CLI - pac", "9cee029c-6210-4654-90bb-17e6e9d36617"),
    app("Power Virtual Agents", "96ff4394-9197-43aa-b393-6a41652e21f8"),
    app("Power Virtual Agents Service", "9d8f559b-5984-46a4-902a-ad4271e83efa"),
    app("PowerApps - apps.powerapps.com", "3e62f81e-590b-425b-9531-cad6683656cf"),
    app("PowerApps Service", "475226c6-020e-4fb2-8a90-7a972cbfc1d4"),
    app("ProjectWorkManagement", "09abbdfd-ed23-44ee-a2d9-a627aa1c90f3"),
    app("Radius Aad Syncer", "60ca1954-583c-4d1f-86de-39d835f3e452"),
    app("Security Copilot Agent Management", "43d7b169-1d9e-4d32-8cd8-06c5974ed90c"),
    app("Security Copilot API", "bb3d68c2-d09e-4455-94a0-e323996dbaa3"),
    app("Security Copilot Logic Apps Connector", "b0cf1501-8e0f-4fbb-b70a-52ca5ea7bda6"),
    app("Security Copilot Portal", "bb5ffd56-39eb-458c-a53a-775ba21277da"),
    app("SharePoint Online Client Extensibility", "c58637bb-e2e1-4312-8a00-04b5ffcd3403"),
    app("SharePoint Online Web Client Extensibility", "08e18876-6177-487e-b8b5-cf950c1e598c"),
    app("Skype and Teams Tenant Admin API", "48ac35b8-9aa8-4d74-927d-1f4a14a0b239"),
    app("Skype for Business", "7557eb47-c689-4224-abcf-aef9bd7573df"),
    app("Skype for Business Online", "00000004-0000-0ff1-ce00-000000000000"),
    app("SSO Extension Intune", "163b648b-025e-455b-9937-a7f39a65d171"),
    app("Sticky Notes API", "91ca2ca5-3b3e-41dd-ab65-809fa3dffffa"),
    app("Sway", "905fcf26-4eb7-48a0-9ff0-8dcc7194b5ba"),
    app("Teams Approvals", "3e050dd7-7815-46a0-8263-b73168a42c10"),
    app("Universal Print", "da9b70f6-5323-4ce6-ae5c-88dcc5082966"),
    app("Universal Print Connector", "80331ee5-4436-4815-883e-93bc833a9a15"),
    app("Universal Print Native Client", "dae89220-69ba-4957-a77a-47b78695e883"),
    app("Universal Store Native Client", "268761a2-03f3-40df-8a8b-c3db24145b6b"),
    app("Verifiable Credentials Service", "bb2a64ee-5d29-4b07-a491-25806dc854d3"),
    app("Visual Studio", "04f0c124-f2bc-4f59-8241-bf6df9866bbd"),
    app("Visual Studio - Legacy", "872cd9fa-d31f-45e0-9eab-6e460a02d1f1"),
    app("Visual Studio Code", "aebc6443-996d-45c2-90f0-388ff96faa56"),
    app("Viva Engage", "00000005-0000-0ff1-ce00-000000000000"),
    app("Viva Learning", "2c9e12e5-a56c-4ba1-b768-7a141586c6fe"),
    app("Windows 365", "0af06dc6-e4b5-4f28-818e-e78e62d137a5"),
    app("Windows 365 Client", "4fb5cc57-dbbc-4cdc-9595-748adff5f414"),
    app("Windows 365 Portal", "3b511579-5e00-46e1-a89e-a6f0870e2f5a"),
    app("Windows Azure Active Directory", "00000002-0000-0000-c000-000000000000"),
    app("Windows Azure Service Management API", "797f4846-ba00-4fd7-ba43-dac1f8f63013"),
    app("Windows Cloud Login", "270efc09-cd0d-444b-a71f-39af4910ec45"),
    app("Windows Notification Service", "04436913-cf0d-4d2a-9cc6-2ffe7f1d3d1c"),
    app("Windows Search", "26a7ee05-5602-4d76-a7ba-eae8b7b67941"),
    app("Windows Sign In", "38aa3b87-a06d-4817-b275-7a316988d93b"),
    app("Windows Spotlight", "1b3c667f-cde3-4090-b60b-3d2abd0117f0"),
    app("Windows Store for Business", "45a330b1-b1ec-4cc1-9161-9f03992aa49f"),
    app("Windows Update for Business Deployment Service", "61ae9cd9-7bca-458c-affc-861e2f24ba3b"),
    app("WindowsDefenderATP", "fc780465-2017-40d4-a0c5-307022471b92"),
    app("WindowsDefenderATP Portal", "a3b79187-70b2-4139-83f9-6016c58cd27b"),
    app("Yammer Web", "c1c74fed-04c9-4704-80dc-9f79a2e515cb"),
    app("ZTNA Network Access Client -- M365", "d5e23a82-d7e1-4886-af25-27037a0fdc2a"),
    app("ZTNA Network Access Client -- Private", "760282b4-0cfc-4952-b467-c8e0298fee16"),
    app("ZTNA Policy Service Client", "ca01d00c-bfd6-46d6-ae7d-be5b5267d037"),
];

/// Other well-known names of first-party applications and the app id each one means.
#[rustfmt::skip] // one entry, one line
pub const APP_ALIASES: &[(&str, &str)] = &[
    ("Azure AD Graph", "00000002-0000-0000-c000-000000000000"), // Windows Azure Active Directory
    ("Azure Management", "797f4846-ba00-4fd7-ba43-dac1f8f63013"), // Windows Azure Service Management API
    ("Exchange", "00000002-0000-0ff1-ce00-000000000000"), // Office 365 Exchange Online
    ("SharePoint", "00000003-0000-0ff1-ce00-000000000000"), // Office 365 SharePoint Online
    ("Azure Databricks", "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"), // AzureDatabricks
    ("Azure Event Hubs", "80369ed6-5f11-4dd9-bef3-692475845e77"), // Microsoft.EventHubs
    ("Azure Resource Manager", "797f4846-ba00-4fd7-ba43-dac1f8f63013"), // Windows Azure Service Management API
    ("Azure Rights Management Services", "00000012-0000-0000-c000-000000000000"), // Microsoft Rights Management Services
    ("Azure Service Bus", "80a10ef9-8168-493d-abf9-3297c4ef6e3c"), // Microsoft.ServiceBus
    ("Azure Service Management", "797f4846-ba00-4fd7-ba43-dac1f8f63013"), // Windows Azure Service Management API
    ("Azure Virtual Desktop Azure Resource Manager Provider", "50e95039-b200-4007-bc97-8d5790743a63"), // Azure Virtual Desktop ARM Provider
    ("Azure VPN Client", "c632b3df-fb67-4d84-bdcf-b95ad541b5c8"), // Azure VPN (Microsoft-registered)
    ("Cloud PC", "0af06dc6-e4b5-4f28-818e-e78e62d137a5"), // Windows 365
    ("Common Data Service", "00000007-0000-0000-c000-000000000000"), // Dataverse
    ("Dynamics CRM", "00000007-0000-0000-c000-000000000000"), // Dataverse
    ("Exchange Online", "00000002-0000-0ff1-ce00-000000000000"), // Office 365 Exchange Online
    ("Medeina Portal", "bb5ffd56-39eb-458c-a53a-775ba21277da"), // Security Copilot Portal
    ("Medeina Service", "bb3d68c2-d09e-4455-94a0-e323996dbaa3"), // Security Copilot API
    ("Microsoft 365 Copilot", "fb8d773d-7ef8-4ec0-a117-179f88add510"), // Enterprise Copilot Platform
    ("Microsoft Azure Information Protection", "00000012-0000-0000-c000-000000000000"), // Microsoft Rights Management Services
    ("Microsoft Azure Management", "797f4846-ba00-4fd7-ba43-dac1f8f63013"), // Windows Azure Service Management API
    ("Microsoft Azure Windows Virtual Machine Sign-in", "372140e0-b3b7-4226-8ef9-d57986796201"), // Azure Windows VM Sign-In
    ("Microsoft Defender for Endpoint", "fc780465-2017-40d4-a0c5-307022471b92"), // WindowsDefenderATP
    ("Microsoft Defender for Identity (formerly Radius Aad Syncer)", "60ca1954-583c-4d1f-86de-39d835f3e452"), // Radius Aad Syncer
    ("Microsoft Flow", "7df0a125-d3be-4c96-aa54-591f83ff541c"), // Microsoft Flow Service
    ("Microsoft Graph PowerShell", "14d82eec-204b-4c2f-b7e8-296a70dab67e"), // Microsoft Graph Command Line Tools
    ("Microsoft Loop", "a187e399-0c36-4b98-8f04-1edc167a0996"), // Microsoft Loop App
    ("Microsoft Office Web Apps Service", "67e3df25-268a-4324-a550-0de1c7f97287"), // Office Online Service LEGACY
    ("Microsoft PowerApps", "475226c6-020e-4fb2-8a90-7a972cbfc1d4"), // PowerApps Service
    ("Microsoft Security Copilot", "bb5ffd56-39eb-458c-a53a-775ba21277da"), // Security Copilot Portal
    ("Microsoft StaffHub", "aa580612-c342-4ace-9055-8edee43ccb89"), // Microsoft Teams Shifts
    ("My Sign-ins", "19db86c3-b2b9-44cc-b339-36da233a3be2"), // My Signins
    ("Office 365 Yammer", "00000005-0000-0ff1-ce00-000000000000"), // Viva Engage
    ("Power Apps", "475226c6-020e-4fb2-8a90-7a972cbfc1d4"), // PowerApps Service
    ("Power Automate", "7df0a125-d3be-4c96-aa54-591f83ff541c"), // Microsoft Flow Service
    ("Power BI", "00000009-0000-0000-c000-000000000000"), // Power BI Service
    ("Project Madeira", "996def3d-b36c-4153-8607-a6fd3c01b89f"), // Dynamics 365 Business Central
    ("Project Online", "f53895d3-095d-408f-8e93-8f94b391404e"), // Portfolios
    ("Security Copilot", "bb5ffd56-39eb-458c-a53a-775ba21277da"), // Security Copilot Portal
    ("SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"), // Office 365 SharePoint Online
    ("Universal Store Service APIs and Web Application", "45a330b1-b1ec-4cc1-9161-9f03992aa49f"), // Windows Store for Business
    ("Viva Engage (formerly Yammer)", "00000005-0000-0ff1-ce00-000000000000"), // Viva Engage
    ("Windows Defender ATP", "fc780465-2017-40d4-a0c5-307022471b92"), // WindowsDefenderATP
    ("Windows Virtual Desktop", "9cdead84-a844-4324-93f2-b2e6bb768d07"), // Azure Virtual Desktop
    ("Xplat Broker App", "a0e84e36-b067-4d5c-ab4a-3db38e598ae2"), // MicrosoftDefenderATP XPlat
    ("Yammer", "00000005-0000-0ff1-ce00-000000000000"), // Viva Engage
];

/// Finds an application by app id, in any letter case.
pub fn by_app_id(app_id: &str) -> Option<&'static FirstPartyApp> {
    FIRST_PARTY_APPS
        .iter()
        .find(|app| app.app_id.eq_ignore_ascii_case(app_id))
}

/// Finds an application by name: the exact name, else the name in any letter case, else an alias.
pub fn by_name(name: &str) -> Option<&'static FirstPartyApp> {
    FIRST_PARTY_APPS
        .iter()
        .find(|app| app.name == name)
        .or_else(|| {
            FIRST_PARTY_APPS
                .iter()
                .find(|app| app.name.eq_ignore_ascii_case(name))
        })
        .or_else(|| {
            let (_, id) = APP_ALIASES
                .iter()
                .find(|(alias, _)| alias.eq_ignore_ascii_case(name))?;
            by_app_id(id)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_lower_guid(text: &str) -> bool {
        text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            })
    }

    #[test]
    fn ids_and_names_are_unique_and_well_formed() {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for app in FIRST_PARTY_APPS {
            assert!(is_lower_guid(app.app_id), "{}", app.app_id);
            assert!(ids.insert(app.app_id), "{}", app.app_id);
            assert!(names.insert(app.name.to_ascii_lowercase()), "{}", app.name);
            assert_eq!(app.name.trim(), app.name);
        }
    }

    #[test]
    fn apps_are_sorted_by_name() {
        assert!(FIRST_PARTY_APPS.is_sorted_by_key(|app| app.name.to_ascii_lowercase()));
    }

    #[test]
    fn aliases_name_known_apps_and_hide_no_name() {
        let mut aliases = BTreeSet::new();
        for (alias, id) in APP_ALIASES {
            assert!(aliases.insert(alias.to_ascii_lowercase()), "{alias}");
            assert!(by_app_id(id).is_some(), "{alias}");
            assert!(
                !FIRST_PARTY_APPS
                    .iter()
                    .any(|app| app.name.eq_ignore_ascii_case(alias)),
                "{alias}"
            );
        }
    }

    #[test]
    fn special_values_are_no_app_names() {
        for special in [
            "All",
            "None",
            "Office365",
            "Office 365",
            "MicrosoftAdminPortals",
            "Microsoft Admin Portals",
        ] {
            assert_eq!(by_name(special), None, "{special}");
        }
    }

    #[test]
    fn finds_by_id_in_any_case() {
        let upper = by_app_id("797F4846-BA00-4FD7-BA43-DAC1F8F63013");
        assert_eq!(
            upper.map(|app| app.name),
            Some("Windows Azure Service Management API")
        );
        assert_eq!(by_app_id("797f4846"), None);
    }

    #[test]
    fn finds_by_name_then_by_alias() {
        let exchange = by_app_id("00000002-0000-0ff1-ce00-000000000000");
        assert_eq!(by_name("Office 365 Exchange Online"), exchange);
        assert_eq!(by_name("office 365 exchange online"), exchange);
        assert_eq!(by_name("exchange online"), exchange);
        assert_eq!(
            by_name("Microsoft Azure Management"),
            by_app_id("797f4846-ba00-4fd7-ba43-dac1f8f63013")
        );
        assert_eq!(by_name("Tailor"), None);
    }
}
