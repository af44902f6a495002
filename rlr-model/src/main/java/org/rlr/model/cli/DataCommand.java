package org.rlr.model.cli;

import picocli.CommandLine.Command;

/** {@code rlr data}. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = "Look at data sets, and make one of synthetic defects.",
        subcommands = {DataCheckCommand.class, DataSynthesizeCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class DataCommand {}
