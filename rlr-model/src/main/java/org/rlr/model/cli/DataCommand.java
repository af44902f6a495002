package org.rlr.model.cli;

import picocli.CommandLine.Command;

/** {@code rlr data}. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = "Check data sets, and make test images with synthetic defects.",
        subcommands = {DataCheckCommand.class, DataSynthesizeCommand.class},
        synopsisSubcommandLabel = "COMMAND")
final class DataCommand {}
