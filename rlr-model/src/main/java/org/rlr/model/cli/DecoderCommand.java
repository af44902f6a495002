package org.rlr.model.cli;

import picocli.CommandLine.Command;

/** {@code rlr decoder}. */
@Command(
        name = "decoder",
        mixinStandardHelpOptions = true,
        description = "Feature decoders: pictures of what a model believes normal.",
        subcommands = DecoderTrainCommand.class,
        synopsisSubcommandLabel = "COMMAND")
final class DecoderCommand {}
