package org.rlr.model.detect;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.rlr.model.data.ImageSource;
import org.rlr.tensor.CancelledException;
import org.rlr.tensor.ResourceException;

/** Detections of many images in order; a few are computed ahead. */
final class OrderedDetections implements Iterator<Detection> {
    private static final int AT_ONCE = 4;

    private final Detector detector;
    private final Iterator<? extends ImageSource> images;
    private final Deque<CompletableFuture<Detection>> underWay = new ArrayDeque<>();
    /** An image that is fetched, but not yet submitted. */
    private @Nullable ImageSource waiting;

    OrderedDetections(Detector detector, Iterator<? extends ImageSource> images) {
        this.detector = detector;
        this.images = images;
    }

    Stream<Detection> stream() {
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(this, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .onClose(this::cancel);
    }

    @Override
    public boolean hasNext() {
        while (underWay.size() < AT_ONCE && (waiting != null || images.hasNext())) {
            ImageSource image = waiting != null ? waiting : images.next();
            waiting = image;
            CompletableFuture<Detection> begun = detector.detectAsync(image);
            if (!underWay.isEmpty() && refused(begun)) {
                break; // the queue is full: retry when one of these is done
            }
            underWay.add(begun);
            waiting = null;
        }
        return !underWay.isEmpty();
    }

    private static boolean refused(CompletableFuture<Detection> begun) {
        try {
            begun.getNow(null);
            return false;
        } catch (CancellationException e) {
            return false;
        } catch (CompletionException e) {
            return e.getCause() instanceof ResourceException lack
                    && lack.resource() == ResourceException.Resource.CAPACITY;
        }
    }

    @Override
    public Detection next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        CompletableFuture<Detection> first = underWay.remove();
        try {
            return first.get();
        } catch (InterruptedException e) {
            first.cancel(true);
            cancel();
            Thread.currentThread().interrupt();
            throw new CancelledException("interrupted while images were examined", "", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new CompletionException(e.getCause());
        }
    }

    private void cancel() {
        underWay.forEach(each -> each.cancel(true));
        underWay.clear();
    }
}
