package org.rlr.model.detect;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A detection in progress. Its work stops when the future is cancelled, or completed from outside as by
 * {@link #orTimeout} and {@link #completeOnTimeout}.
 */
abstract class AbandonableDetection extends CompletableFuture<Detection> {
    /** Stops the work, unless it has ended: the result is complete. */
    abstract void giveUp();

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return gaveUp(super.cancel(mayInterruptIfRunning));
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
        return gaveUp(super.completeExceptionally(failure));
    }

    @Override
    public boolean complete(@Nullable Detection value) {
        return gaveUp(super.complete(value));
    }

    private boolean gaveUp(boolean completed) {
        if (completed) {
            giveUp();
        }
        return completed;
    }

    /** Dependent results are ordinary futures. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
