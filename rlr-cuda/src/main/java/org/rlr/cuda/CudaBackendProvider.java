package org.rlr.cuda;

import java.util.Optional;
import org.rlr.cuda.driver.Card;
import org.rlr.cuda.driver.KernelCompiler;
import org.rlr.cuda.driver.Natives;
import org.rlr.tensor.ResourceException;
import org.rlr.tensor.RlrException;
import org.rlr.tensor.backend.Backend;
import org.rlr.tensor.backend.BackendProvider;
import org.rlr.tensor.backend.BackendSettings;

/** The CUDA backend. */
public final class CudaBackendProvider implements BackendProvider {
    /** For {@link java.util.ServiceLoader}; loads no native code. */
    public CudaBackendProvider() {}

    @Override
    public String type() {
        return "cuda";
    }

    /** Lower than the CPU's until a card has passed the tests; until then, select the backend by name. */
    @Override
    public int priority() {
        return -10;
    }

    /** Loads the driver and CUDA's libraries, once per process, and checks the first card. */
    @Override
    public Optional<String> unavailable() {
        Optional<String> obstacle = Natives.obstacle();
        if (obstacle.isPresent()) {
            return obstacle;
        }
        try {
            KernelCompiler.architecture(Card.of(0));
            return Optional.empty();
        } catch (RlrException e) {
            return Optional.of(e.explanation());
        }
    }

    @Override
    public int devices() {
        return Card.count();
    }

    @Override
    public Backend create(int index, BackendSettings settings) {
        return create(index, settings, CudaDebugging.OF_PROCESS);
    }

    /**
     * Starts a backend that computes convolutions with its own kernels, for comparisons with cuDNN.
     *
     * @param index the card's ordinal
     * @param settings threads and precision
     * @return the backend; the caller closes it
     * @throws RlrException as {@link #create(int, BackendSettings)}
     */
    public Backend createWithoutCudnn(int index, BackendSettings settings) {
        return create(index, settings, CudaDebugging.OF_PROCESS.withoutCudnn());
    }

    private static Backend create(int index, BackendSettings settings, CudaDebugging debugging) {
        Optional<String> obstacle = Natives.obstacle();
        if (obstacle.isPresent()) {
            throw new ResourceException(
                    ResourceException.Resource.BACKEND, "backend 'cuda' cannot start: " + obstacle.get(), "", null);
        }
        return new CudaBackend(Card.of(index), settings, debugging);
    }
}
