package org.rlr.cuda.driver;

import jcuda.CudaException;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;
import org.rlr.tensor.RlrException;

/** A call of the CUDA driver that failed: what was tried, the driver's code and its explanation. */
public final class CudaFailure extends RlrException {
    private static final long serialVersionUID = 1L;

    private final String code;

    private CudaFailure(String message, String code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** @param attempt what was tried, as in "kernel unary" */
    static CudaFailure of(String attempt, CudaException e) {
        String code = String.valueOf(e.getMessage());
        return new CudaFailure("CUDA: " + attempt + " failed with " + code + explanation(code), code, e);
    }

    /** Whether device memory ran out. */
    boolean outOfMemory() {
        return code.equals("CUDA_ERROR_OUT_OF_MEMORY");
    }

    /** JCuda's exceptions carry the name of the code alone; the driver has a text for its number. */
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
