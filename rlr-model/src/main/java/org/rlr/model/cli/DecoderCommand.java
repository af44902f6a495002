package org.rlr.model.cli;

import picocli.CommandLine.Command;

/** {@code rlr decoder}. */
@Command(
        name = "decoder",
        mixinStandardHelpOptions = true,
        description = "Train feature decoders, which draw what a model considers normal.",
        subcommands = DecoderTrainCommand.class,
        synopsisSubcommandLabel = "COMMAND")
final class DecoderCommand {}
