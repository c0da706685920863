//! `GET /metadata/endpoints`: where a cloud's services are, as Azure Resource Manager tells it.
//! Terraform's providers ask it (`ARM_METADATA_HOSTNAME`) and need nothing else to find the
//! sandbox.

use serde_json::{Value, json};

use super::call::Raw;

/// Whether the path is this one.
pub(super) fn is_here(path: &str) -> bool {
    path.trim_end_matches('/')
        .eq_ignore_ascii_case("/metadata/endpoints")
}

/// Every service at the sandbox's own address.
pub(super) fn answer(raw: &Raw) -> Value {
    let base = raw.base();
    json!({
        "name": "AzureCloud",
        "portal": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": base,
        "graphAudience": base,
        "microsoftGraphResourceId": base,
        "resourceManager": base,
        "gallery": base,
        "media": base,
        "batch": base,
        "sqlManagement": base,
        "activeDirectoryDataLake": base,
        "appInsightsResourceId": base,
        "appInsightsTelemetryChannelResourceId": base,
        "attestationResourceId": base,
        "synapseAnalyticsResourceId": base,
        "logAnalyticsResourceId": base,
        "ossrDbmsResourceId": base,
        "vmImageAliasDoc": base,
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
    })
}
