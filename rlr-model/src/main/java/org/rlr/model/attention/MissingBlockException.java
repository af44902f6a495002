package org.rlr.model.attention;

import java.util.List;
import org.rlr.tensor.RlrException;

/** An attention block is asked for that no {@link AttentionBlockProvider} on the class path makes. */
public final class MissingBlockException extends RlrException {
    private static final long serialVersionUID = 1L;

    private final String description;

    /** @param known names of the blocks that there are */
    MissingBlockException(String name, List<String> known) {
        super("attention block '" + name + "' does not exist; choose from " + String.join(", ", known)
                + " with --blocks, or put the jar with its AttentionBlockProvider on the class path");
        description = "has the attention block '" + name + "', which is not among those on the class path ("
                + String.join(", ", known) + "); put the jar with its AttentionBlockProvider there";
    }

    /**
     * Throws where a file could not be understood only because a block is missing: it is not damaged, and whoever reads
     * so might throw it away.
     *
     * @param failure what reading the file's description threw
     * @param file what holds the description, for the message
     * @throws RlrException naming the file, the block and those that there are, if a block was missing
     */
    public static void rethrow(RuntimeException failure, Object file) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof MissingBlockException missing) {
                throw new RlrException(file + " " + missing.description, failure);
            }
        }
    }
}
