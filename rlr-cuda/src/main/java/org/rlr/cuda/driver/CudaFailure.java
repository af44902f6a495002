package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.rlr.tensor.RlrException;

/** A failed call of the CUDA driver: the attempted action, the driver's error code and its explanation. */
public final class CudaFailure extends RlrException {
    private static final long serialVersionUID = 1L;

    private final String code;

    private CudaFailure(String message, String code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** @param attempt the attempted action, as in "kernel unary" */
    static CudaFailure of(String attempt, CudaException e) {
        String code = String.valueOf(e.getMessage());
        return new CudaFailure("CUDA: " + attempt + " failed with " + code + explanation(code), code, e);
    }

    /** Whether device memory ran out. */
    boolean outOfMemory() {
        return code.equals("CUDA_ERROR_OUT_OF_MEMORY");
    }

    /** The driver's text for an error code; JCuda's exceptions have only the code's name. */
    private static String explanation(String code) {
        try {
            String[] text = new String[1];
            JCudaDriver.cuGetErrorString(CUresult.class.getField(code).getInt(null), text);
            return text[0] == null ? "" : " (" + text[0] + ")";
        } catch (ReflectiveOperationException | CudaException unknown) {
            return "";
        }
    }
}
