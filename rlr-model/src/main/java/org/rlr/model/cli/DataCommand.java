package org.rlr.model.cli;

import picocli.CommandLine.Command;

/** {@code rlr data}. */
@Command(name = "data", mixinStandardHelpOptions = true, description = "Look at data sets.", subcommands = DataCheckCommand.class, synopsisSubcommandLabel = "COMMAND")
final class DataCommand {
}
