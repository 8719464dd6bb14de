using System.CommandLine;
using Holm.Cli.Verbs;

namespace Holm.Cli;

/// <summary>Every verb of the program, on one page.</summary>
internal static class Tree
{
    /// <summary>Valid everywhere.</summary>
    public static readonly Option<bool> Help = new("--help", "-h") { Description = "print help", Recursive = true };

    /// <summary>Valid everywhere.</summary>
    public static readonly Option<bool> Debug = new("--debug")
    {
        Description = "print each request to the node on standard error",
        Recursive = true,
    };

    /// <summary>Only before any verb.</summary>
    public static readonly Option<bool> Version = new("--version") { Description = "print the version" };

    /// <summary>Makes the tree.</summary>
    public static Verb Build() => new("holm", "run apps as isolated islands on this node",
        List.Build(),
        new Verb("app", "make, start, stop and enter apps",
            AppCreate.Build(),
            AppStart.Build(),
            AppStop.Build(),
            AppRestart.Build(),
            AppFreeze.Build(),
            AppUnfreeze.Build(),
            AppAttach.Build(),
            AppLogs.Build(),
            AppShow.Build(),
            AppRename.Build(),
            AppDelete.Build()),
        Exec.Build(),
        new Verb("image", "take in, name and drop images",
            ImageImport.Build(),
            ImageList.Build(),
            ImageShow.Build(),
            ImageExport.Build(),
            ImageDelete.Build(),
            ImagePrune.Build(),
            new Verb("alias", "names of images",
                ImageAliasSet.Build(),
                ImageAliasList.Build(),
                ImageAliasRename.Build(),
                ImageAliasDelete.Build())),
        new Verb("config", "config keys and devices of apps",
            KeySet.Build(Target.App),
            KeyGet.Build(Target.App),
            KeyUnset.Build(Target.App),
            ConfigShow.Build(),
            Edit.Build(Target.App),
            Device(Target.App)),
        new Verb("profile", "config keys and devices that apps share",
            ProfileList.Build(),
            ProfileShow.Build(),
            ProfileCreate.Build(),
            ProfileRename.Build(),
            ProfileDelete.Build(),
            ProfileAssign.Build(),
            KeySet.Build(Target.Profile),
            KeyGet.Build(Target.Profile),
            KeyUnset.Build(Target.Profile),
            Edit.Build(Target.Profile),
            Device(Target.Profile)),
        new Verb("network", "bridges that the node makes, with addresses and services",
            NetworkList.Build(),
            NetworkShow.Build(),
            NetworkLeases.Build(),
            NetworkCreate.Build(),
            NetworkRename.Build(),
            NetworkDelete.Build(),
            KeySet.Build(Target.Network),
            KeyGet.Build(Target.Network),
            KeyUnset.Build(Target.Network),
            Edit.Build(Target.Network)),
        Resources.Build(),
        Info.Build(),
        CheckConfig.Build(),
        Events.Build(),
        new Verb("operation", "what the node is working on",
            OperationList.Build(),
            OperationShow.Build(),
            OperationDelete.Build()),
        new Verb("completion", "completion for shells",
            CompletionBash.Build()),
        Man.Build(),
        Complete.Build(),
        Help,
        Debug,
        Version);

    private static Verb Device(Target target) => new("device", "what it is given from the host",
        DeviceAdd.Build(target),
        DeviceSet.Build(target),
        DeviceRemove.Build(target),
        DeviceList.Build(target));
}
