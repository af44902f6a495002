package org.rlr.cuda.driver;

import java.nio.charset.StandardCharsets;
import jcuda.CudaException;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;

/**
 * A graphics card.
 *
 * @param ordinal its number in the driver
 * @param name the vendor's name for it
 * @param memory bytes of device memory
 * @param major major compute capability
 * @param minor minor compute capability
 * @param driver the CUDA version that the driver supports, as in 12.6
 */
public record Card(int ordinal, String name, long memory, int major, int minor, String driver) {
    /** Volta: the first cards with independent threads in a warp, which the kernels' warp collectives require. */
    private static final int OLDEST = 7;

    /** The number of cards; requires that {@link Natives#obstacle()} is empty. */
    public static int count() {
        int[] count = new int[1];
        JCudaDriver.cuDeviceGetCount(count);
        return count[0];
    }

    /**
     * A card by its number.
     *
     * @throws InvalidSettingException if no card has that number
     * @throws ResourceException if it is too old
     */
    public static Card of(int ordinal) {
        int count = count();
        if (ordinal < 0 || ordinal >= count) {
            String cards = count == 1 ? "cuda:0" : "cuda:0 to cuda:" + (count - 1);
            throw new InvalidSettingException(
                    "backend",
                    "cuda:" + ordinal,
                    cards,
                    "there is no card " + ordinal,
                    "set `backend` to a card that the driver finds: " + cards);
        }
        try {
            CUdevice device = new CUdevice();
            JCudaDriver.cuDeviceGet(device, ordinal);
            byte[] name = new byte[256];
            JCudaDriver.cuDeviceGetName(name, name.length, device);
            long[] memory = new long[1];
            JCudaDriver.cuDeviceTotalMem(memory, device);
            int[] driver = new int[1];
            JCudaDriver.cuDriverGetVersion(driver);
            Card card = new Card(
                    ordinal,
                    new String(name, StandardCharsets.UTF_8).replaceAll("\0.*", ""),
                    memory[0],
                    attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                    attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR),
                    Natives.version(driver[0]));
            if (card.major < OLDEST) {
                throw new ResourceException(
                        ResourceException.Resource.BACKEND,
                        "the card " + card.name + " is too old: its compute capability is " + card.major + "."
                                + card.minor + " and " + OLDEST + ".0 is required",
                        "use the cpu backend",
                        null);
            }
            return card;
        } catch (CudaException e) {
            throw CudaFailure.of("asking for card " + ordinal, e);
        }
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
        return value[0];
    }

    /** One line for users. */
    @Override
    public String toString() {
        return String.format(
                java.util.Locale.ROOT,
                "%s, %.1f GiB, compute capability %d.%d, driver for CUDA %s",
                name,
                memory / (double) (1L << 30),
                major,
                minor,
                driver);
    }
}
