using Holm.Config;
using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The server itself.</summary>
internal static class ServerRoutes
{
    /// <summary>LXD's names of what works here; <c>doc/api-extensions.md</c>.</summary>
    private static readonly string[] Extensions =
    [
        "etag", "patch", "operation_description", "profile_usedby", "container_exec_signal_handling", "console", "event_lifecycle",
        "container_full", "api_filtering", "container_exec_user_group_cwd",
        "container_exec_recording", "instances", "instance_bulk_state_change", "instance_get_full",
        "instance_all_projects",
        "image_create_aliases", "instance_state_cpu_time", "network", "network_leases", "network_state", "network_vlan_physical",
        "instance_nic_network", "instance_nic_bridged_vlan", "entity_description",
        "storage", "storage_api_volume_rename", "container_only_migration", "container_incremental_copy", "instance_rebuild",
        "instance_pool_move",
        "storage_api_local_volume_handling", "storage_api_volume_snapshots", "storage_volume_state", "snapshot_expiry",
        "snapshot_expiry_creation",
        "unix_device_rename", "unix_device_hotplug", "usb_devices", "usb_optional_vendorid", "gpu_devices", "proxy", "proxy_unix",
        "proxy_udp", "proxy_tcp_udp_multi_port_handling", "proxy_unix_dac_properties", "unix_priv_drop",
        "image_force_refresh", "container_edit_metadata", "image_compression_algorithm",
        "resources", "resources_v2", "metrics", "warnings", "projects", "clustering",
        "file_delete", "file_append", "directory_manipulation", "file_symlinks",
    ];

    public static Task Versions(Call call) => call.Answer(["/1.0"], ContractJson.Default.IReadOnlyListString);

    public static Task Get(Call call) => call.IsTrusted
        ? call.Answer(
            new Server { Config = ConfigOf(call), ApiExtensions = Extensions, Environment = EnvironmentOf(call) },
            ContractJson.Default.Server, ETag(call))
        : call.Answer(new PublicServer { ApiExtensions = Extensions }, ContractJson.Default.PublicServer);

    /// <summary>PUT and PATCH of the node's one key: they differ in what becomes of it where it is left out.</summary>
    public static async Task Put(Call call)
    {
        var config = (await call.Body(ContractJson.Default.ServerPut).ConfigureAwait(false)).Config ?? [];
        if (config.Keys.FirstOrDefault(k => k != HttpsKey) is { } other)
            throw new Refusal(400, $"Key {Names.Show(other)} is not known here; {HttpsKey} is");
        if (config.TryGetValue(HttpsKey, out var said) || call.Http.Request.Method == "PUT")
        {
            var https = string.IsNullOrEmpty(said) ? null : HttpsAddress.Parse(said);
            HttpsAddress? before = null;
            call.Node.Config.Change($"set {HttpsKey}", document =>
            {
                call.CheckMatch(ETag(call));
                before = document.Https;
                return document with { Https = https };
            });
            if (await call.Remote.Settle().ConfigureAwait(false) is { } problem)
            {
                call.Node.Config.Change($"set {HttpsKey} back", document =>
                    document.Https == https ? document with { Https = before } : document);
                await call.Remote.Settle().ConfigureAwait(false);
                throw new Refusal(400, problem);
            }
        }
        call.Node.Events.Lifecycle("config-updated", "/1.0");
        await call.Done().ConfigureAwait(false);
    }

    private const string HttpsKey = "core.https_address";

    private static Dictionary<string, string> ConfigOf(Call call) =>
        call.Node.Config.Current.Https is { } https ? new() { [HttpsKey] = https.ToString() } : [];

    private static string ETag(Call call) => Call.ETag(new ServerPut { Config = ConfigOf(call) }, ContractJson.Default.ServerPut);

    private static ServerEnvironment EnvironmentOf(Call call)
    {
        var environment = call.Node.Environment();
        return call.Remote.Addresses() is { Count: > 0 } addresses
            ? environment with
            {
                Addresses = addresses,
                Certificate = call.Node.Trust.Node.Pem + "\n",
                CertificateFingerprint = call.Node.Trust.Node.Fingerprint,
            }
            : environment;
    }

    public static Task CheckConfig(Call call) => call.Answer(
        [
            .. call.Node.CheckConfig(),
            .. call.Node.Config.Problems.Select(p => new Check { Feature = "configuration", Found = "missing", Holm = p }),
        ],
        ContractJson.Default.IReadOnlyListCheck);
}
