package org.rlr.model.detect;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A detection on its way. Whoever cancels it, or completes it from outside as {@link #orTimeout} and
 * {@link #completeOnTimeout} do, waits for it no longer: its work is given up.
 */
abstract class AbandonableDetection extends CompletableFuture<Detection> {
    /** Ends the work, unless it has ended: the result is complete. */
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

    /** Dependent results are ordinary ones. */
    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new CompletableFuture<>();
    }
}
