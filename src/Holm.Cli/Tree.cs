using System.CommandLine;
using Holm.Cli.Console;
using Holm.Cli.Verbs;
using Holm.Linux.Terminals;

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

    /// <summary>Only without a verb.</summary>
    public static readonly Option<bool> KeepGoing = new("--keep-going")
    {
        Description = "when lines come from a file or a pipe: go on after a line that is wrong",
    };

    /// <summary>Makes the tree.</summary>
    public static Verb Build() => new("holm", "run apps as isolated islands on this node",
        new Verb("show", "print state and configuration",
            ShowApp.Build(),
            ShowConfiguration.Running(),
            ShowConfiguration.Startup())
        { Own = true },
        Configure.Build(),
        Copy.Build(),
        List.Build(),
        new Verb("app", "make, start, stop and enter apps",
            AppCreate.Build(),
            Own(AppStart.Build()),
            Own(AppStop.Build()),
            Own(AppRestart.Build()),
            AppFreeze.Build(),
            AppUnfreeze.Build(),
            Own(AppAttach.Build()),
            AppLogs.Build(),
            AppShow.Build(),
            AppRename.Build(),
            AppMove.Build(),
            AppDelete.Build())
        { Own = true },
        Exec.Build(),
        Pull.Build(),
        Load.Build(),
        Save.Build(),
        new Verb("import", "make apps of what other programs run",
            ImportLxc.Build()),
        Login.In(),
        Login.Out(),
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
        new Verb("storage", "pools that apps and volumes are written to",
            StorageList.Build(),
            StorageShow.Build(),
            StorageCreate.Build(),
            StorageDelete.Build()),
        new Verb("volume", "named folders in pools, kept apart from apps and given to them",
            VolumeList.Build(),
            VolumeShow.Build(),
            VolumeCreate.Build(),
            VolumeAttach.Build(),
            VolumeDetach.Build(),
            VolumeDelete.Build()),
        new Verb("flake", "commands of this host that run in images",
            FlakeRegister.Build(),
            FlakeList.Build(),
            FlakeShow.Build(),
            FlakeInstances.Build(),
            FlakeRemove.Build(),
            FlakeReset.Build(),
            FlakeExport.Build(),
            FlakeImport.Build()),
        new Verb("token", "tokens by which clients become trusted by TLS",
            TokenAdd.Build(),
            TokenList.Build(),
            TokenRemove.Build()),
        new Verb("trust", "clients that are trusted by TLS",
            TrustList.Build(),
            TrustAdd.Build(),
            TrustRemove.Build()),
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
        KeepGoing,
        Version)
    {
        More = "Without a verb it is the console of a router: at a terminal it asks for line after line, with Tab, ? and help; from a file "
            + "or a pipe it takes them as one session and stops at the first that is wrong.",
        Examples = ["holm", "holm < setup.cfg", "holm show app"],
        Run = (line, caller) => Terminal.Is(caller.Input) && Terminal.Is(caller.Screen.Output)
            ? Typing.Run(caller)
            : Script.Run(caller, line.GetValue(KeepGoing)),
    };

    private static Verb Own(Verb verb)
    {
        verb.Own = true;
        return verb;
    }

    private static Verb Device(Target target) => new("device", "what it is given from the host",
        DeviceAdd.Build(target),
        DeviceSet.Build(target),
        DeviceRemove.Build(target),
        DeviceList.Build(target));
}
