using Holm.Contract;

namespace Holm.Node.Api;

/// <summary>The server itself.</summary>
internal static class ServerRoutes
{
    /// <summary>LXD's names of what works here; <c>doc/api-extensions.md</c>.</summary>
    private static readonly string[] Extensions =
    [
        "etag", "patch", "operation_description", "profile_usedby", "container_exec_signal_handling", "console", "event_lifecycle",
        "container_full", "api_filtering", "container_exec_user_group_cwd", "instances", "instance_bulk_state_change", "instance_get_full",
        "image_create_aliases", "instance_state_cpu_time", "network", "network_leases", "network_state", "network_vlan_physical",
        "instance_nic_network", "instance_nic_bridged_vlan", "entity_description",
        "storage", "storage_api_volume_rename", "container_only_migration", "instance_rebuild",
        "storage_api_local_volume_handling", "storage_api_volume_snapshots", "storage_volume_state", "snapshot_expiry",
        "snapshot_expiry_creation",
        "unix_device_rename", "unix_device_hotplug", "usb_devices", "usb_optional_vendorid", "gpu_devices", "proxy", "proxy_unix",
        "proxy_udp", "proxy_tcp_udp_multi_port_handling", "proxy_unix_dac_properties", "unix_priv_drop",
        "image_force_refresh", "container_edit_metadata", "image_compression_algorithm",
        "resources", "resources_v2", "metrics", "warnings", "projects", "clustering",
        "file_delete", "file_append", "directory_manipulation", "file_symlinks",
    ];

    public static Task Versions(Call call) => call.Answer(["/1.0"], ContractJson.Default.IReadOnlyListString);

    public static Task Get(Call call) => call.Answer(
        new Server { ApiExtensions = Extensions, Environment = call.Node.Environment() }, ContractJson.Default.Server);

    public static Task CheckConfig(Call call) => call.Answer(
        [
            .. call.Node.CheckConfig(),
            .. call.Node.Config.Problems.Select(p => new Check { Feature = "configuration", Found = "missing", Holm = p }),
        ],
        ContractJson.Default.IReadOnlyListCheck);
}
